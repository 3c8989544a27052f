/** Writes a tar (POSIX.1-1988 ustar). The same files make the same bytes on every machine: sorted, without owner and time. */
import { artifactPath, hostingLimits } from '@tulou/contract/hosting';
import { Failure } from '../failure.ts';
import { say } from '../language/say.ts';

export interface PackedFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isExecutable: boolean;
}

const block = 512;

/** The archive of these files. Throws where a path or a number is beyond what the platform takes. */
export function packTar(files: readonly PackedFile[]): Buffer {
  if (files.length > hostingLimits.artifactFilesMax)
    throw tooLarge(say`The service has ${files.length} files; the platform takes ${hostingLimits.artifactFilesMax}.`);
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const parts = sorted.flatMap((file) => [
    headOf(file),
    file.bytes,
    Buffer.alloc((block - (file.bytes.length % block)) % block),
  ]);
  const archive = Buffer.concat([...parts, Buffer.alloc(2 * block)]);
  if (archive.length > hostingLimits.artifactBytesMax)
    throw tooLarge(say`The service has ${archive.length} bytes; the platform takes ${hostingLimits.artifactBytesMax}.`);
  return archive;
}

const tooLarge = (title: ReturnType<typeof say>): Failure =>
  new Failure(title, { exit: 'data', help: 'Deploy a folder that has only what the service needs, or bundle it.' });

function headOf({ path, bytes, isExecutable }: PackedFile): Buffer {
  const { prefix, name } = splitPath(path);
  const head = Buffer.alloc(block);
  head.write(name, 0, 100);
  head.write(octal(isExecutable ? 0o755 : 0o644, 7), 100);
  head.write(octal(0, 7), 108);
  head.write(octal(0, 7), 116);
  head.write(octal(bytes.length, 11), 124);
  head.write(octal(0, 11), 136);
  // While the sum is computed its own field holds spaces.
  head.write(' '.repeat(8), 148);
  head.write('0', 156);
  head.write('ustar\u000000', 257);
  head.write(prefix, 345, 155);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)} `, 148);
  return head;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** A name of at most 100 bytes after a prefix of at most 155. */
function splitPath(path: string): { prefix: string; name: string } {
  const size = (text: string): number => Buffer.byteLength(text);
  if (artifactPath.safeParse(path).success) {
    if (size(path) <= 100) return { prefix: '', name: path };
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
      if (size(prefix) <= 155 && size(name) <= 100) return { prefix, name };
    }
  }
  throw new Failure(say`The path "${path}" is too long, or has a name that the platform does not take`, {
    exit: 'data',
    help: 'Rename it, or deploy a folder without it.',
  });
}
