/**
 * The format of a usage segment. A file is frames of `length, CRC-32, payload`; a payload is definitions and calls.
 * What many calls share (whose API, whose app, which operation, which key) is defined once a segment and then named by
 * number, so that a call costs 40 bytes. A frame is one write: it is there whole or, after a kill, not at all. The last
 * frame of a segment that was closed is its seal: a definition that says how many calls there are. So a lost end shows.
 */
import { crc32 } from 'node:zlib';
import type { UsageRow } from '@tulou/contract';

/** Something that calls name, with its number in the segment `segment`; `text` defines it. */
export interface Interned {
  readonly text: string;
  segment: number;
  index: number;
}

/** Something to name by its text, not yet in any segment. */
export const interned = (text: string): Interned => ({ text, segment: 0, index: 0 });

/** Text of whose call it was: provider, calling tenant, API, version, app; of a token's call also whose installation. */
export function partiesText(
  provider: string,
  consumer: string | null,
  api: string,
  version: string,
  app: string | null,
  installed?: Installed,
): string {
  const parties = [provider, consumer, api, version, app];
  return JSON.stringify(installed === undefined ? parties : [...parties, installed.tenant, installed.key]);
}

/** The installation behind a token's call, and the tenant that has installed the app. */
export interface Installed {
  readonly key: string;
  readonly tenant: string;
}

type Parties = readonly [string, string | null, string, string, string | null, string?, string?];

/** One answered call. */
export interface UsageEvent {
  readonly parties: Interned;
  readonly operation: Interned | undefined;
  readonly key: Interned | undefined;
  readonly status: number;
  /** Why a 502 or 504 was answered: a code of `upstreamCauses`. */
  readonly cause?: Interned | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly durationUs: number;
  readonly atSeconds: number;
}

const frameHeadBytes = 8;
const callBytes = 40;
/** A call with a cause has its number behind the rest. */
const causeBytes = 4;
const definitionHeadBytes = 3;
const definitionMark = 1;
const sealPrefix = '#sealed ';
const callMark = 2;
const callWithCauseMark = 3;

/** Encodes events into one reused buffer, frame by frame. `segment` numbers the file, so that definitions start over. */
export class FrameEncoder {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = frameHeadBytes;
  #segment = 0;
  #definitions = 0;

  /** Starts a new file. */
  startSegment(segment: number): void {
    this.#segment = segment;
    this.#definitions = 0;
  }

  add(event: UsageEvent): void {
    const parties = this.#numberOf(event.parties);
    const operation = event.operation === undefined ? 0 : this.#numberOf(event.operation);
    const key = event.key === undefined ? 0 : this.#numberOf(event.key);
    const cause = event.cause === undefined ? 0 : this.#numberOf(event.cause);
    const bytes = cause === 0 ? callBytes : callBytes + causeBytes;
    this.#reserve(bytes);
    const buffer = this.#buffer;
    const at = this.#length;
    buffer.writeUInt16LE(cause === 0 ? callMark : callWithCauseMark, at);
    if (cause !== 0) buffer.writeUInt32LE(cause, at + callBytes);
    buffer.writeUInt16LE(event.status, at + 2);
    buffer.writeUInt32LE(parties, at + 4);
    buffer.writeUInt32LE(operation, at + 8);
    buffer.writeUInt32LE(key, at + 12);
    buffer.writeUInt32LE(event.atSeconds, at + 16);
    buffer.writeUInt32LE(Math.min(event.durationUs, 0xffffffff) >>> 0, at + 20);
    buffer.writeDoubleLE(event.requestBytes, at + 24);
    buffer.writeDoubleLE(event.responseBytes, at + 32);
    this.#length = at + bytes;
  }

  /** The frame of all events added since the last one. Stands until the next `add`. */
  takeFrame(): Buffer {
    const frame = this.#buffer.subarray(0, this.#length);
    frame.writeUInt32LE(this.#length - frameHeadBytes, 0);
    frame.writeUInt32LE(crc32(frame.subarray(frameHeadBytes)), 4);
    this.#length = frameHeadBytes;
    return frame;
  }

  /** The last frame of a segment of so many calls. Stands until the next `add`. */
  takeSeal(calls: number): Buffer {
    this.#define(`${sealPrefix}${calls}`);
    return this.takeFrame();
  }

  #numberOf(thing: Interned): number {
    if (thing.segment === this.#segment) return thing.index;
    this.#definitions += 1;
    thing.segment = this.#segment;
    thing.index = this.#definitions;
    this.#define(thing.text);
    return thing.index;
  }

  #define(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#reserve(definitionHeadBytes + bytes);
    this.#buffer.writeUInt8(definitionMark, this.#length);
    this.#buffer.writeUInt16LE(bytes, this.#length + 1);
    this.#buffer.write(text, this.#length + definitionHeadBytes);
    this.#length += definitionHeadBytes + bytes;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe((this.#length + bytes) * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** What a segment says, and whether that is all. */
export interface Reading {
  readonly rows: UsageRow[];
  readonly calls: number;
  /** Bytes are left that are no whole frame. */
  readonly torn: boolean;
  /** What is left cannot be a write that was cut off: it was written once, and is not what was written. */
  readonly damaged: boolean;
  /** It ends as a segment that was closed, with as many calls as it says. */
  readonly sealed: boolean;
}

/** Adds a segment's calls up to rows. A torn or damaged frame ends the reading: what stands before it is whole. */
export function addUp(bytes: Buffer): Reading {
  const sums = new Sums();
  let at = 0;
  let damaged = false;
  while (at + frameHeadBytes <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const payload = bytes.subarray(at + frameHeadBytes, at + frameHeadBytes + length);
    // A frame of no bytes is what a file system leaves where it lost some.
    damaged = length === 0 || (payload.length === length && crc32(payload) !== bytes.readUInt32LE(at + 4));
    if (damaged || payload.length < length) break;
    sums.addFrame(payload);
    at += frameHeadBytes + length;
    // Nothing was written after a seal: what stands there would be counted twice.
    damaged = sums.isSealed && at < bytes.length;
    if (damaged) break;
  }
  const torn = at < bytes.length;
  return { rows: [...sums.rows.values()], calls: sums.calls, torn, damaged, sealed: !torn && sums.isSealed };
}

class Sums {
  readonly rows = new Map<string, UsageRow>();
  calls = 0;
  readonly #definitions: string[] = [''];

  /** Whether the last definition is a seal that tells the truth. */
  get isSealed(): boolean {
    return this.#definitions.at(-1) === `${sealPrefix}${this.calls}`;
  }

  addFrame(payload: Buffer): void {
    for (let at = 0; at < payload.length;) {
      if (payload[at] === definitionMark) {
        const end = at + definitionHeadBytes + payload.readUInt16LE(at + 1);
        this.#definitions.push(payload.toString('utf8', at + definitionHeadBytes, end));
        at = end;
      } else {
        const cause = payload.readUInt16LE(at) === callWithCauseMark ? payload.readUInt32LE(at + callBytes) : 0;
        this.#addCall(payload, at, cause);
        at += cause === 0 ? callBytes : callBytes + causeBytes;
      }
    }
  }

  #addCall(payload: Buffer, at: number, cause: number): void {
    const seconds = payload.readUInt32LE(at + 16);
    const minute = seconds - (seconds % 60);
    const name = `${minute} ${cause} ${payload.toString('latin1', at + 2, at + 16)}`;
    const row = this.rows.get(name) ?? this.#emptyRow(payload, at, minute, cause);
    row.requests += 1;
    row.duration_us += payload.readUInt32LE(at + 20);
    row.request_bytes += payload.readDoubleLE(at + 24);
    row.response_bytes += payload.readDoubleLE(at + 32);
    this.rows.set(name, row);
    this.calls += 1;
  }

  #emptyRow(payload: Buffer, at: number, minute: number, cause: number): UsageRow {
    const [provider, consumer, api, version, app, installer, installation] = JSON.parse(
      this.#definitions[payload.readUInt32LE(at + 4)] ?? '[]',
    ) as Parties;
    const operation = payload.readUInt32LE(at + 8);
    const key = payload.readUInt32LE(at + 12);
    return {
      minute,
      provider,
      consumer,
      api,
      version,
      operation: operation === 0 ? null : (this.#definitions[operation] ?? null),
      app,
      key: key === 0 ? null : (this.#definitions[key] ?? null),
      ...(installer === undefined || installation === undefined ? {} : { installer, installation }),
      status: payload.readUInt16LE(at + 2),
      ...(cause === 0 ? {} : { cause: this.#definitions[cause] ?? '' }),
      requests: 0,
      request_bytes: 0,
      response_bytes: 0,
      duration_us: 0,
    };
  }
}
