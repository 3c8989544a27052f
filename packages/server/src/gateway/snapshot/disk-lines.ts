/** The lines of the configuration's files: eight hex digits of CRC-32, a space, JSON. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { limits, type SnapshotChange, type SnapshotHead } from '@tulou/contract';
import { z } from 'zod';
import { assert } from '../../kernel/assert.ts';
import type { Position } from './catalogue.ts';
import { LineSplitter } from './lines.ts';

/** A change, and whether it was kept out: such a line is tried again at every start, as a newer gateway may read it. */
export type DiskLine = SnapshotChange & { readonly broken?: boolean };

const commitLine = z.object({ commit: z.object({ epoch: z.string(), seq: z.int(), full: z.boolean() }) });
const commitMark = 'c'.charCodeAt(0);
const pieceBytes = 1024 * 1024;
const linesPerPiece = 256;

/** Lines of changes, some at once. */
export function* encodeLines(lines: readonly DiskLine[]): Generator<Buffer> {
  for (let at = 0; at < lines.length; at += linesPerPiece) {
    yield Buffer.from(
      lines
        .slice(at, at + linesPerPiece)
        .map(encodeLine)
        .join(''),
    );
  }
}

/** An answer: its changes, and the commit line without which they do not count. */
export function* encodeAnswer(position: Position, full: boolean, lines: readonly DiskLine[]): Generator<Buffer> {
  yield* encodeLines(lines);
  yield Buffer.from(encodeLine({ commit: { ...position, full } }));
}

function encodeLine(value: object): string {
  const json = JSON.stringify(value);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** Reads a file answer by answer up to its end or to the first damaged line. Returns how many answers were whole. */
export function readAnswers(path: string, take: (head: SnapshotHead, lines: readonly DiskLine[]) => void): number {
  let answers = 0;
  let lines: DiskLine[] = [];
  for (const bytes of readLines(path)) {
    const json = checked(bytes);
    if (json === undefined) break;
    // `{"commit":` or `{"seq":`: the third character tells them apart.
    if (json[2] !== commitMark) {
      lines.push(asLine(JSON.parse(json.toString('utf8'))));
      continue;
    }
    const { commit } = commitLine.parse(JSON.parse(json.toString('utf8')));
    take({ ...commit, count: lines.length }, lines);
    answers += 1;
    lines = [];
  }
  return answers;
}

/** The JSON of a line; undefined where its checksum is another. */
function checked(bytes: Buffer): Buffer | undefined {
  const json = bytes.subarray(9);
  return bytes.length > 9 && hexAt(bytes) === crc32(json) ? json : undefined;
}

/** Eight hex digits as a number; NaN where they are none. By hand, as there is one for every object of a start. */
function hexAt(bytes: Buffer): number {
  let value = 0;
  for (let i = 0; i < 8; i += 1) value = value * 16 + (digits[bytes[i] ?? 0] ?? Number.NaN);
  return value;
}

const digits: Readonly<Record<number, number>> = Object.fromEntries(
  Array.from('0123456789abcdef', (digit, value) => [digit.charCodeAt(0), value]),
);

/**
 * The checksum says that the line is as it was written, and what it says of an object is parsed with the rest at the door;
 * so the envelope, of which there are as many as objects, is looked at by hand.
 */
function asLine(value: unknown): DiskLine {
  const line = value as DiskLine;
  assert(typeof line.kind === 'string' && typeof line.key === 'string', 'a line of the disk is a change');
  return line;
}

function* readLines(path: string): Generator<Buffer> {
  const file = openIfThere(path);
  if (file === undefined) return;
  const splitter = new LineSplitter(limits.snapshotObjectBytesMax * 2);
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const bytes = readSync(file, piece, 0, pieceBytes, null);
      if (bytes === 0) return;
      yield* splitter.push(piece.subarray(0, bytes));
    }
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
