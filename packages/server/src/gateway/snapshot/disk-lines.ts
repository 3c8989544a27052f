/**
 * The lines of the configuration's files: eight hex digits of CRC-32, a space, JSON. An answer is its changes and a commit
 * line. Each commit names the digest of the answer before it, so files and answers form a chain that shows a missing part.
 */
import { createHash, hash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { limits, type SnapshotChange } from '@tulou/contract';
import { z } from 'zod';
import { LineSplitter } from './lines.ts';

/** Version 1 is that of 0.1.0. Its commit lines have neither `format` nor the digest of their predecessor. */
export const formatNow = 2;

/**
 * A change, and whether it was rejected. A rejected change is read again at every start, because a newer gateway may
 * understand it.
 */
export type DiskLine = SnapshotChange & { readonly broken?: boolean };

/** The description of an answer in its commit line. */
const commit = z.object({
  epoch: z.string(),
  seq: z.int(),
  full: z.boolean(),
  format: z.int().default(1),
  /** Only in a base: its own number, so that a file under the name of another is detected. */
  number: z.int().default(0),
  /** The number of answers that this gateway has stored up to here. */
  kept: z.int().default(0),
  /** Digests of the chain up to here, of the chain before, and of the lines of this answer. Hex. */
  digest: z.string().default(''),
  after: z.string().default(''),
  sum: z.string().default(''),
});
export type Commit = z.output<typeof commit>;
const commitLine = z.object({ commit });
const newerLine = z.object({ commit: z.object({ format: z.int().gt(formatNow) }) });

/** One whole answer of a file. `sum` is the digest of its lines as they are on disk. */
export interface Answer {
  readonly commit: Commit;
  readonly lines: readonly DiskLine[];
  readonly sum: string;
}

/** The end of a file after its last whole answer: a killed process leaves `torn`. */
export type Ending = 'whole' | 'torn' | 'damaged' | 'newer' | 'unreadable';

const commitMark = 'c'.charCodeAt(0);
const pieceBytes = 1024 * 1024;
const linesPerPiece = 256;

/** The digest of a chain after an answer. */
export const chained = (after: string, sum: string, { epoch, seq }: Pick<Commit, 'epoch' | 'seq'>): string =>
  hash('sha256', JSON.stringify([after, sum, epoch, seq]));

/** Encodes lines and keeps their digest, up to the commit line. */
export class AnswerEncoder {
  readonly #hash: Hash = createHash('sha256');

  /** Lines of changes, in batches. */
  *lines(lines: readonly DiskLine[]): Generator<Buffer> {
    for (let at = 0; at < lines.length; at += linesPerPiece) {
      const some = lines.slice(at, at + linesPerPiece);
      const piece = Buffer.from(some.map(encodeLine).join(''));
      this.#hash.update(piece);
      yield piece;
    }
  }

  /** The digest of all lines. Called once, after the last line. */
  sum(): string {
    return this.#hash.digest('hex');
  }
}

/** The commit line. Without it the lines before it do not count. */
export const encodeCommit = (value: Commit): Buffer => Buffer.from(encodeLine({ commit: value }));

/** JSON with its checksum and a line feed. */
export function encodeLine(value: object): string {
  const json = JSON.stringify(value);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** The JSON of a line without its line feed; undefined if its checksum is wrong. */
export function checked(bytes: Buffer): Buffer | undefined {
  const json = bytes.subarray(9);
  return bytes.length > 9 && hexAt(bytes) === crc32(json) ? json : undefined;
}

/** Reads a file answer by answer, and returns its end. It never throws: any content of the disk is a kind of end. */
export function* readAnswers(path: string): Generator<Answer, Ending> {
  const file = openIfThere(path);
  if (file === undefined) return 'unreadable';
  const reader = new AnswerReader();
  try {
    for (const bytes of readLines(file, reader)) {
      const answer = reader.take(bytes);
      if (answer === 'more') continue;
      if (answer === 'damaged' || answer === 'newer') return answer;
      yield answer;
    }
    return reader.begun ? 'torn' : 'whole';
  } catch (error) {
    // A line is too long, or the disk cannot be read.
    return error instanceof RangeError ? 'damaged' : 'unreadable';
  } finally {
    closeSync(file);
  }
}

class AnswerReader {
  /** Whether data follows the last whole answer. */
  begun = false;
  #lines: DiskLine[] = [];
  #hash = createHash('sha256');

  take(bytes: Buffer): Answer | 'more' | 'damaged' | 'newer' {
    this.begun = true;
    const json = checked(bytes);
    const value = json === undefined ? undefined : parsed(json);
    if (json === undefined || value === undefined) return 'damaged';
    // `{"commit":` or `{"seq":`: the third character distinguishes them.
    if (json[2] === commitMark) return this.#commit(value);
    if (!isLine(value)) return 'damaged';
    this.#lines.push(value);
    this.#hash.update(bytes).update('\n');
    return 'more';
  }

  #commit(value: unknown): Answer | 'damaged' | 'newer' {
    if (newerLine.safeParse(value).success) return 'newer';
    const read = commitLine.safeParse(value);
    if (!read.success) return 'damaged';
    const answer = { commit: read.data.commit, lines: this.#lines, sum: this.#hash.digest('hex') };
    this.#lines = [];
    this.#hash = createHash('sha256');
    this.begun = false;
    return answer;
  }
}

function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * The checksum proves that the line is as it was written, and the door parses the object with all other members. There are as
 * many envelopes as objects, so code by hand reads the envelope.
 */
function isLine(value: unknown): value is DiskLine {
  const line = value as DiskLine | null;
  return typeof line?.kind === 'string' && typeof line.key === 'string' && line.object !== undefined;
}

/** Eight hex digits as a number; NaN if they are not. The code is by hand, because a start reads one for every object. */
function hexAt(bytes: Buffer): number {
  let value = 0;
  for (let i = 0; i < 8; i += 1) value = value * 16 + (digits[bytes[i] ?? 0] ?? Number.NaN);
  return value;
}

const digits: Readonly<Record<number, number>> = Object.fromEntries(
  Array.from('0123456789abcdef', (digit, value) => [digit.charCodeAt(0), value]),
);

function* readLines(file: number, reader: AnswerReader): Generator<Buffer> {
  const splitter = new LineSplitter(limits.snapshotObjectBytesMax * 2);
  for (;;) {
    const piece = Buffer.allocUnsafe(pieceBytes);
    const bytes = readSync(file, piece, 0, pieceBytes, null);
    if (bytes === 0) break;
    yield* splitter.push(piece.subarray(0, bytes));
  }
  if (splitter.unfinished) reader.begun = true;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
