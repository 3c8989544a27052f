/** The lines of the configuration's files: eight hex digits of CRC-32, a space, JSON. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { limits, snapshotChange, type SnapshotChange, type SnapshotHead } from '@tulou/contract';
import { z } from 'zod';
import type { Position } from './catalogue.ts';
import { LineSplitter } from './lines.ts';

/** A change, and whether it was kept out: such a line is tried again at every start, as a newer gateway may read it. */
export type DiskLine = SnapshotChange & { readonly broken?: boolean };

const commitLine = z.object({ commit: z.object({ epoch: z.string(), seq: z.int(), full: z.boolean() }) });
const diskLine = snapshotChange.extend({ broken: z.boolean().optional() });
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
    const value = decodeLine(bytes);
    if (value === undefined) break;
    const commit = commitLine.safeParse(value);
    if (!commit.success) {
      lines.push(asLine(value));
      continue;
    }
    take({ ...commit.data.commit, count: lines.length }, lines);
    answers += 1;
    lines = [];
  }
  return answers;
}

/** What stands in a line; undefined where its checksum is another. */
function decodeLine(bytes: Buffer): unknown {
  const json = bytes.subarray(9);
  if (bytes.length < 10 || Number.parseInt(bytes.toString('latin1', 0, 8), 16) !== crc32(json)) return undefined;
  return JSON.parse(json.toString('utf8'));
}

function asLine(value: unknown): DiskLine {
  const { seq, kind, key, tenant, object, broken } = diskLine.parse(value);
  return broken === true ? { seq, kind, key, tenant, object, broken } : { seq, kind, key, tenant, object };
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
