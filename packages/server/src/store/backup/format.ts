/**
 * A backup file: gzip over frames. A frame is a letter, the length of its content (4 bytes, big-endian) and the content:
 * `H` the header, `K` the master key, `T` a table begins, `D` a part of its rows as COPY writes them, `E` the table ends, `S`
 * a sequence, `Z` the end with the SHA-256 of everything before it. A file without `Z`, or with another digest, is damaged.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { OperatorError } from '../../kernel/operator-error.ts';

/** Rises when an older program could not read the file. */
const formatNow = 1;
export const partBytesMax = 1024 * 1024;
const contentBytesMax = 4 * 1024 * 1024;

const table = z.object({ name: z.string(), columns: z.array(z.string()).min(1) });
const header = z.object({
  format: z.literal('tulou-backup'),
  version: z.int(),
  made_at: z.iso.datetime(),
  tulou: z.string(),
  postgres: z.string(),
  migrations: z.array(z.object({ number: z.int(), name: z.string(), hash: z.string() })),
  master_key_check: z.string().nullable(),
  with_master_key: z.boolean(),
  tables: z.array(table),
});
const sequence = z.object({ name: z.string(), value: z.string(), called: z.boolean() });
const tableEnd = z.object({ rows: z.int() });
const end = z.object({ tables: z.int(), rows: z.int(), sha256: z.string() });

export type Header = z.output<typeof header>;
export type BackupTable = z.output<typeof table>;
export type Sequence = z.output<typeof sequence>;
export type End = z.output<typeof end>;

export type Frame =
  | { readonly kind: 'H'; readonly header: Header }
  | { readonly kind: 'K'; readonly masterKey: string }
  | { readonly kind: 'T'; readonly table: BackupTable }
  | { readonly kind: 'D'; readonly rows: Buffer }
  | { readonly kind: 'E'; readonly rows: number }
  | { readonly kind: 'S'; readonly sequence: Sequence };

/** The first frame. */
export const headerOf = (given: Omit<Header, 'format' | 'version'>): Frame => ({
  kind: 'H',
  header: { format: 'tulou-backup', version: formatNow, ...given },
});

/** Writes the frames into a new file, flushed to the disk; returns its end. Rejects where the file exists. */
export async function writeFrames(path: string, frames: AsyncIterable<Frame>, signal: AbortSignal): Promise<End> {
  const told = new Tally();
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(Readable.from(told.bytesOf(frames), { objectMode: false }), createGzip({ level: 5 }), file, {
    signal,
  });
  return told.end();
}

/** Reads a file's frames, and throws at its end where it is not whole; so do nothing for good before it has ended. */
export async function* readFrames(path: string): AsyncGenerator<Frame> {
  const source = createReadStream(path);
  const bytes = createGunzip();
  const piped = pipeline(source, bytes).catch(() => undefined);
  const told = new Tally();
  let ended = false;
  try {
    for await (const { kind, content } of split(bytes)) {
      if (ended) throw damaged(path, 'it goes on after its end');
      ended = kind === 'Z';
      if (ended) told.requireEnd(path, content);
      else yield told.read(path, kind, content);
    }
  } catch (error) {
    throw error instanceof OperatorError ? error : damaged(path, 'a part of it is not what was written', error);
  } finally {
    source.destroy();
    bytes.destroy();
    await piped;
  }
  if (!ended) throw damaged(path, 'its end is missing');
}

/** A file that is whole. */
export interface Verified {
  readonly header: Header;
  readonly masterKey: string | undefined;
  readonly tables: number;
  readonly rows: number;
}

/** Reads the whole file, and throws where it is damaged. */
export async function verify(path: string): Promise<Verified> {
  let found: Header | undefined;
  let masterKey: string | undefined;
  const counts = { tables: 0, rows: 0 };
  for await (const frame of readFrames(path)) {
    if (frame.kind === 'H') found = frame.header;
    if (frame.kind === 'K') masterKey = frame.masterKey;
    if (frame.kind === 'E') counts.tables += 1;
    if (frame.kind === 'E') counts.rows += frame.rows;
  }
  if (found === undefined) throw damaged(path, 'it has no header');
  return { header: found, masterKey, ...counts };
}

/** The refusal of a file that is not what was written. */
function damaged(path: string, what: string, cause?: unknown): OperatorError {
  return new OperatorError('backup_damaged', `${path} is not a whole backup: ${what}.`, {
    remedy: 'Take another copy of the file, or an earlier backup. Nothing was changed.',
    cause,
  });
}

/** The data that has been written or read so far: its digest and its size. */
class Tally {
  readonly #digest: Hash = createHash('sha256');
  #tables = 0;
  #rows = 0;
  #end: End | undefined;
  #isFirst = true;

  async *bytesOf(frames: AsyncIterable<Frame>): AsyncGenerator<Buffer> {
    for await (const frame of frames) {
      this.#count(frame);
      const content = contentOf(frame);
      const head = headOf(frame.kind, content.length);
      this.#digest.update(head).update(content);
      yield head;
      yield content;
    }
    this.#end = { tables: this.#tables, rows: this.#rows, sha256: this.#digest.digest('hex') };
    const last = Buffer.from(JSON.stringify(this.#end));
    yield headOf('Z', last.length);
    yield last;
  }

  end(): End {
    if (this.#end === undefined) throw new TypeError('the frames have not been written');
    return this.#end;
  }

  read(path: string, kind: string, content: Buffer): Frame {
    if (this.#isFirst && kind !== 'H') throw damaged(path, 'it does not begin as a backup');
    this.#isFirst = false;
    this.#digest.update(headOf(kind, content.length)).update(content);
    const frame = frameOf(path, kind, content);
    this.#count(frame);
    return frame;
  }

  requireEnd(path: string, content: Buffer): void {
    const said = end.parse(JSON.parse(content.toString('utf8')));
    const same = said.tables === this.#tables && said.rows === this.#rows && said.sha256 === this.#digest.digest('hex');
    if (!same) throw damaged(path, 'its digest is another one');
  }

  #count(frame: Frame): void {
    if (frame.kind !== 'E') return;
    this.#tables += 1;
    this.#rows += frame.rows;
  }
}

function headOf(kind: string, length: number): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(length, 1);
  return head;
}

function contentOf(frame: Frame): Buffer {
  if (frame.kind === 'D') return frame.rows;
  if (frame.kind === 'K') return Buffer.from(frame.masterKey);
  const value = {
    H: () => (frame.kind === 'H' ? frame.header : undefined),
    T: () => (frame.kind === 'T' ? frame.table : undefined),
    E: () => (frame.kind === 'E' ? { rows: frame.rows } : undefined),
    S: () => (frame.kind === 'S' ? frame.sequence : undefined),
  }[frame.kind]();
  return Buffer.from(JSON.stringify(value));
}

function frameOf(path: string, kind: string, content: Buffer): Frame {
  const json = (): unknown => JSON.parse(content.toString('utf8'));
  if (kind === 'D') return { kind, rows: content };
  if (kind === 'K') return { kind, masterKey: content.toString('utf8') };
  if (kind === 'T') return { kind, table: table.parse(json()) };
  if (kind === 'E') return { kind, rows: tableEnd.parse(json()).rows };
  if (kind === 'S') return { kind, sequence: sequence.parse(json()) };
  if (kind !== 'H') throw damaged(path, `it has a part of an unknown kind`);
  return { kind, header: readHeader(path, json()) };
}

function readHeader(path: string, value: unknown): Header {
  const { version } = z.object({ version: z.int() }).parse(value);
  if (version > formatNow) {
    throw new OperatorError('backup_newer', `${path} was written by a newer Tulou (format ${version}).`, {
      remedy: 'Restore it with that version. Nothing was changed.',
    });
  }
  return header.parse(value);
}

/** Frames from bytes that arrive in any pieces. */
async function* split(bytes: AsyncIterable<Buffer>): AsyncGenerator<{ kind: string; content: Buffer }> {
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = 5;
  for await (const piece of bytes) {
    pieces.push(piece);
    held += piece.length;
    while (held >= wanted) {
      const all = pieces.length === 1 ? (pieces[0] ?? piece) : Buffer.concat(pieces);
      const length = all.readUInt32BE(1);
      if (length > contentBytesMax) throw new RangeError('a part is too long');
      wanted = 5 + length;
      pieces = [all];
      if (held < wanted) break;
      yield { kind: String.fromCharCode(all[0] ?? 0), content: all.subarray(5, wanted) };
      pieces = [all.subarray(wanted)];
      held -= wanted;
      wanted = 5;
    }
  }
  if (held > 0) throw new RangeError('the last part is cut');
}
