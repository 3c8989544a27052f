/**
 * The counters on disk. Every second the changed counters are appended. The file is rewritten when it has grown to several
 * times its content. A killed gateway loses at most the counts of the last second, so at most that many calls above the limit
 * pass in a window. A clean stop loses none. The file is not synced: after a power cut its last intact part counts.
 */
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import { setAside } from '../set-aside.ts';
import { seedFrom, type Hash64 } from './hash.ts';
import type { SteadyTime } from './steady.ts';
import type { CounterRecord, Windows } from './windows.ts';

const recordBytes = 28;
const frameHeadBytes = 8;
/** The name of the format, the seed, and their CRC-32. Version 0.1.0 wrote no CRC. */
const headBytes = 20;
const magic = 'tulouct2';
const oldHeadBytes = 16;
const oldMagic = 'tulouct1';
const fileName = 'counters';
const recordsPerFrameMax = 4096;
/** The file is rewritten when it holds this many times more records than the table, and at least this many bytes. */
const rewriteFactor = 4;
const rewriteBytesMin = 1024 * 1024;

export interface CheckpointDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The clock of the windows, if it is not the wall clock. */
  readonly time?: SteadyTime;
}

/**
 * Reads the seed and the counters of an earlier process. Without an intact file, the seed is new and there are no counters.
 * Damage costs the frames that it hit. The log reports it, because callers then get their calls again.
 */
export function readCheckpoint(
  folder: string,
  { random, clock, log }: CheckpointDeps,
): { seed: Hash64; records: CounterRecord[] } {
  const path = join(folder, fileName);
  const { bytes, writtenMs } = readIfThere(path);
  if (bytes === undefined) return { seed: seedFrom(random.bytes(8)), records: [] };
  const from = startOf(bytes);
  const { records, damaged } = from === undefined ? { records: [], damaged: true } : readFrames(bytes, from);
  if (damaged) setAside(path, 'it is damaged', 'limits whose counters it held count again from 0', log);
  if (from === undefined) return { seed: seedFrom(random.bytes(8)), records };
  // If the clock was set back since, no time is assumed to have passed.
  const backMs = Math.max(0, writtenMs - clock.now());
  return { seed: seedFrom(bytes.subarray(8, 16)), records: records.map((record) => moved(record, -backMs)) };
}

/** Offset of the first frame; undefined: the file has another format. */
function startOf(bytes: Buffer): number | undefined {
  const name = bytes.toString('latin1', 0, 8);
  if (name === oldMagic && bytes.length >= oldHeadBytes) return oldHeadBytes;
  if (name !== magic || bytes.length < headBytes) return undefined;
  return crc32(bytes.subarray(0, 16)) === bytes.readUInt32LE(16) ? headBytes : undefined;
}

/** A torn last frame comes from a killed process. A frame with a wrong checksum is damaged, and only this frame is lost. */
function readFrames(bytes: Buffer, from: number): { records: CounterRecord[]; damaged: boolean } {
  const records: CounterRecord[] = [];
  let damaged = false;
  for (let at = from; at + frameHeadBytes <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length === 0 || length % recordBytes !== 0 || length > recordsPerFrameMax * recordBytes)
      return { records, damaged: true };
    const payload = bytes.subarray(at + frameHeadBytes, at + frameHeadBytes + length);
    if (payload.length < length) break;
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) damaged = true;
    else for (let i = 0; i + recordBytes <= length; i += recordBytes) records.push(readRecord(payload, i));
    at += frameHeadBytes + length;
  }
  return { records, damaged };
}

/** The record under a clock that is `byMs` ahead. A month always begins at its calendar time. */
function moved(record: CounterRecord, byMs: number): CounterRecord {
  const start = new Date(record.start);
  if (byMs === 0 || record.start === Date.UTC(start.getUTCFullYear(), start.getUTCMonth())) return record;
  return { ...record, start: record.start + byMs, idleSeconds: Math.ceil(record.idleSeconds + byMs / 1000) };
}

/** Writes the counters of `windows` into `folder`. Only the main thread has a checkpoint. */
export class Checkpoint {
  readonly #folder: string;
  readonly #seed: Hash64;
  readonly #windows: Windows;
  readonly #deps: CheckpointDeps;
  #file: number | undefined;
  #bytes = 0;
  #bytesAfterRewrite = 0;
  #failing = false;

  constructor(folder: string, seed: Hash64, windows: Windows, deps: CheckpointDeps) {
    this.#folder = folder;
    this.#seed = seed;
    this.#windows = windows;
    this.#deps = deps;
  }

  /** Writes the changed counters to the file. A disk that refuses is logged once, and the next save tries again. */
  save(): void {
    try {
      const grown = this.#bytes > rewriteBytesMin && this.#bytes > this.#bytesAfterRewrite * rewriteFactor;
      if (this.#file === undefined || grown || !this.#isThere(this.#file)) this.#rewrite();
      else this.#append(this.#file, false);
      this.#failing = false;
    } catch (error) {
      this.#close();
      if (!this.#failing) this.#deps.log.warn({ error: String(error) }, 'the counters of limits cannot be saved');
      this.#failing = true;
    }
  }

  /** Whether the disk refused the last save. */
  get fails(): boolean {
    return this.#failing;
  }

  /** Whether the name still leads to the file: another program may have removed it. */
  #isThere(file: number): boolean {
    return statSync(join(this.#folder, fileName), { throwIfNoEntry: false })?.ino === fstatSync(file).ino;
  }

  close(): void {
    this.save();
    this.#close();
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Writes beside the old file and then replaces it: a kill in between leaves the old one. */
  #rewrite(): void {
    const path = join(this.#folder, fileName);
    this.#close();
    const file = openSync(`${path}.new`, 'w', 0o600);
    try {
      const head = Buffer.alloc(headBytes);
      head.write(magic, 0, 'latin1');
      head.writeInt32BE(this.#seed.low, 8);
      head.writeInt32BE(this.#seed.high, 12);
      head.writeUInt32LE(crc32(head.subarray(0, 16)), 16);
      this.#bytes = 0;
      this.#write(file, head);
      this.#append(file, true);
      renameSync(`${path}.new`, path);
    } catch (error) {
      closeSync(file);
      rmSync(`${path}.new`, { force: true });
      throw error;
    }
    this.#bytesAfterRewrite = this.#bytes;
    this.#file = file;
  }

  #append(file: number, all: boolean): void {
    let frame: CounterRecord[] = [];
    const frames: Buffer[] = [];
    const aheadMs = this.#deps.time?.aheadMs ?? 0;
    this.#windows.collect(all, this.#deps.clock.now(), (record) => {
      frame.push(moved(record, -aheadMs));
      if (frame.length < recordsPerFrameMax) return;
      frames.push(encodeFrame(frame));
      frame = [];
    });
    if (frame.length > 0) frames.push(encodeFrame(frame));
    for (const bytes of frames) this.#write(file, bytes);
  }

  #write(file: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    this.#bytes += bytes.length;
  }
}

function encodeFrame(records: readonly CounterRecord[]): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + records.length * recordBytes);
  records.forEach((record, index) => {
    const at = frameHeadBytes + index * recordBytes;
    frame.writeInt32LE(record.low, at);
    frame.writeInt32LE(record.high, at + 4);
    frame.writeDoubleLE(record.start, at + 8);
    frame.writeUInt32LE(record.current, at + 16);
    frame.writeUInt32LE(record.previous, at + 20);
    frame.writeInt32LE(record.idleSeconds, at + 24);
  });
  frame.writeUInt32LE(frame.length - frameHeadBytes, 0);
  frame.writeUInt32LE(crc32(frame.subarray(frameHeadBytes)), 4);
  return frame;
}

function readRecord(bytes: Buffer, at: number): CounterRecord {
  return {
    low: bytes.readInt32LE(at),
    high: bytes.readInt32LE(at + 4),
    start: bytes.readDoubleLE(at + 8),
    current: bytes.readUInt32LE(at + 16),
    previous: bytes.readUInt32LE(at + 20),
    idleSeconds: bytes.readInt32LE(at + 24),
  };
}

function readIfThere(path: string): { bytes: Buffer | undefined; writtenMs: number } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { bytes: undefined, writtenMs: 0 };
  try {
    return { bytes: readFileSync(path), writtenMs: found.mtimeMs };
  } catch {
    // The path is a folder, or the disk cannot be read: everything counts as damaged.
    return { bytes: Buffer.alloc(0), writtenMs: 0 };
  }
}
