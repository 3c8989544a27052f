/**
 * The counters on disk: every second what changed is appended, and the file is written anew when it has grown to several
 * times what it says. A gateway that is killed loses at most the last second's counting, so that at most so many calls
 * more than the limit pass in a window; a clean stop loses none. Not synced: after a power cut the last good part counts.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import { seedFrom, type Hash64 } from './hash.ts';
import type { CounterRecord, Windows } from './windows.ts';

const recordBytes = 28;
const frameHeadBytes = 8;
const headBytes = 16;
const magic = 'tulouct1';
const recordsPerFrameMax = 4096;
/** The file is written anew when it holds so many times more records than the table, and at least so many bytes. */
const rewriteFactor = 4;
const rewriteBytesMin = 1024 * 1024;

export interface CheckpointDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Reads the seed and the counters that an earlier process left; a fresh seed and none where there is no good file. */
export function readCheckpoint(folder: string, random: Random): { seed: Hash64; records: CounterRecord[] } {
  const bytes = readIfThere(join(folder, 'counters'));
  if (bytes.length < headBytes || bytes.toString('latin1', 0, 8) !== magic)
    return { seed: seedFrom(random.bytes(8)), records: [] };
  const records: CounterRecord[] = [];
  for (let at = headBytes; at + frameHeadBytes <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    const payload = bytes.subarray(at + frameHeadBytes, at + frameHeadBytes + length);
    if (payload.length < length || crc32(payload) !== bytes.readUInt32LE(at + 4)) break;
    for (let i = 0; i + recordBytes <= length; i += recordBytes) records.push(readRecord(payload, i));
    at += frameHeadBytes + length;
  }
  return { seed: seedFrom(bytes.subarray(8, 16)), records };
}

/** Writes the counters of `windows` into `folder`. Only the main thread has one. */
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

  /** Brings what changed to the file. A disk that refuses is said once and tried again the next time. */
  save(): void {
    try {
      const grown = this.#bytes > rewriteBytesMin && this.#bytes > this.#bytesAfterRewrite * rewriteFactor;
      if (this.#file === undefined || grown) this.#rewrite();
      else this.#append(this.#file, false);
      this.#failing = false;
    } catch (error) {
      this.#close();
      if (!this.#failing) this.#deps.log.warn({ error: String(error) }, 'the counters of limits cannot be saved');
      this.#failing = true;
    }
  }

  close(): void {
    this.save();
    this.#close();
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Beside the old file, then in its place: a kill in between leaves the old one. */
  #rewrite(): void {
    const path = join(this.#folder, 'counters');
    this.#close();
    const file = openSync(`${path}.new`, 'w', 0o600);
    try {
      const head = Buffer.alloc(headBytes);
      head.write(magic, 0, 'latin1');
      head.writeInt32BE(this.#seed.low, 8);
      head.writeInt32BE(this.#seed.high, 12);
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
    this.#windows.collect(all, this.#deps.clock.now(), (record) => {
      frame.push(record);
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

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
