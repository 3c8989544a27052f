/** The smallest archive with one file, as an artifact. */
import { createHash } from 'node:crypto';

/** An uncompressed tar (POSIX.1-1988 ustar) of one regular file. */
export function tarOf(name: string, text: string, type = '0', link = ''): Buffer {
  const content = Buffer.from(text);
  const head = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  head.write(name, 0);
  head.write(octal(0o644, 7), 100);
  head.write(octal(0, 7), 108);
  head.write(octal(0, 7), 116);
  head.write(octal(content.length, 11), 124);
  head.write(octal(0, 11), 136);
  head.write('        ', 148);
  head.write(type, 156);
  head.write(link, 157);
  head.write('ustar\u000000', 257, 'latin1');
  head.write(
    octal(
      head.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([head, content, padding, Buffer.alloc(1024)]);
}

/** The body that uploads it at once. */
export function uploadOf(archive: Buffer): { digest: string; size_bytes: number; content: string } {
  const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
  return { digest, size_bytes: archive.length, content: archive.toString('base64') };
}
