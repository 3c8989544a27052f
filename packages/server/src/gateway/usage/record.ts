/**
 * The format of a usage segment. A file is frames of `length, CRC-32, payload`; a payload is definitions and calls. Data that
 * many calls share (API, app, operation, key) is defined once per segment and then named by number. A call thus costs 40
 * bytes. A frame is one write: after a kill it is complete or absent. The last frame of a closed segment is its seal: a
 * definition with the number of calls. It makes a lost end visible.
 */
import { crc32 } from 'node:zlib';
import type { Environment, UsageRow } from '@tulou/contract';

/** An object that calls name, with its number in the segment `segment`; `text` defines it. */
export interface Interned {
  readonly text: string;
  segment: number;
  index: number;
}

/** A named object by its text, not yet in any segment. */
export const interned = (text: string): Interned => ({ text, segment: 0, index: 0 });

/**
 * The text of a consumer: provider, calling tenant, API, version, app; for a call with a token also the tenant of the
 * installation.
 */
export function partiesText({ provider, consumer, api, version, app, environment, installed }: CallParties): string {
  const parties = [provider, consumer, api, version, app];
  const behind = installed === undefined ? [null, null] : [installed.tenant, installed.key];
  if (environment !== 'live') return JSON.stringify([...parties, ...behind, environment]);
  return JSON.stringify(installed === undefined ? parties : [...parties, ...behind]);
}

export interface CallParties {
  readonly provider: string;
  /** Tenant of the calling app; null: no credential. */
  readonly consumer: string | null;
  readonly api: string;
  readonly version: string;
  readonly app: string | null;
  readonly environment: Environment;
  readonly installed?: Installed;
}

/** The installation of a token's call, and the tenant that has installed the app. */
export interface Installed {
  readonly key: string;
  readonly tenant: string;
}

type Parties = readonly [
  provider: string,
  consumer: string | null,
  api: string,
  version: string,
  app: string | null,
  installer?: string | null,
  installation?: string | null,
  environment?: Environment,
];

/** One answered call. */
export interface UsageEvent {
  readonly parties: Interned;
  readonly operation: Interned | undefined;
  readonly key: Interned | undefined;
  /** Error code of an answer that the gateway made itself. */
  readonly code: string | undefined;
  readonly status: number;
  /** The cause of a 502 or 504: a code of `upstreamCauses`. */
  readonly cause?: Interned | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly durationUs: number;
  readonly atSeconds: number;
}

const frameHeadBytes = 8;
const callBytes = 40;
/**
 * The record of a call with a failed upstream ends with the number of its cause. The record of a call that the gateway
 * answered ends with the number of its code.
 */
const causeBytes = 4;
const codeBytes = 8;
const definitionHeadBytes = 3;
const definitionMark = 1;
const sealPrefix = '#sealed ';
const callMark = 2;
const callWithCauseMark = 3;
const callWithCodeMark = 4;

/** The optional bytes of a call after the bytes that all calls have. */
const moreBytes = (mark: number): number =>
  mark === callWithCodeMark ? codeBytes : mark === callWithCauseMark ? causeBytes : 0;

/** The number of the call's definitions; 0: none. */
interface Numbers {
  readonly cause: number;
  readonly code: number;
}

/** Encodes events into one reused buffer, frame by frame. `segment` numbers the file, so that definitions start again. */
export class FrameEncoder {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = frameHeadBytes;
  #segment = 0;
  #definitions = 0;
  readonly #codes = new Map<string, number>();

  /** Starts a new file. */
  startSegment(segment: number): void {
    this.#segment = segment;
    this.#definitions = 0;
    this.#codes.clear();
  }

  add(event: UsageEvent): void {
    const parties = this.#numberOf(event.parties);
    const operation = event.operation === undefined ? 0 : this.#numberOf(event.operation);
    const key = event.key === undefined ? 0 : this.#numberOf(event.key);
    const cause = event.cause === undefined ? 0 : this.#numberOf(event.cause);
    const code = event.code === undefined ? 0 : this.#numberOfCode(event.code);
    const mark = code !== 0 ? callWithCodeMark : cause !== 0 ? callWithCauseMark : callMark;
    const bytes = callBytes + moreBytes(mark);
    this.#reserve(bytes);
    const buffer = this.#buffer;
    const at = this.#length;
    buffer.writeUInt16LE(mark, at);
    if (mark !== callMark) buffer.writeUInt32LE(cause, at + callBytes);
    if (mark === callWithCodeMark) buffer.writeUInt32LE(code, at + callBytes + causeBytes);
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

  /** The frame of all events since the last frame. Valid until the next `add`. */
  takeFrame(): Buffer {
    const frame = this.#buffer.subarray(0, this.#length);
    frame.writeUInt32LE(this.#length - frameHeadBytes, 0);
    frame.writeUInt32LE(crc32(frame.subarray(frameHeadBytes)), 4);
    this.#length = frameHeadBytes;
    return frame;
  }

  /** The last frame of a segment of this many calls. Valid until the next `add`. */
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

  #numberOfCode(code: string): number {
    const known = this.#codes.get(code);
    if (known !== undefined) return known;
    this.#definitions += 1;
    this.#codes.set(code, this.#definitions);
    this.#define(code);
    return this.#definitions;
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

/** The content of a segment, and whether it is complete. */
export interface Reading {
  readonly rows: UsageRow[];
  readonly calls: number;
  /** Bytes remain that are no whole frame. */
  readonly torn: boolean;
  /** The remaining bytes cannot come from an interrupted write: they were damaged after the write. */
  readonly damaged: boolean;
  /** The segment ends with a seal, and has as many calls as the seal says. */
  readonly sealed: boolean;
}

/** Sums the calls of a segment to rows. A torn or damaged frame ends the reading; everything before it is intact. */
export function addUp(bytes: Buffer): Reading {
  const sums = new Sums();
  let at = 0;
  let damaged = false;
  while (at + frameHeadBytes <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const payload = bytes.subarray(at + frameHeadBytes, at + frameHeadBytes + length);
    // A file system leaves a frame of no bytes where it lost data.
    damaged = length === 0 || (payload.length === length && crc32(payload) !== bytes.readUInt32LE(at + 4));
    if (damaged || payload.length < length) break;
    sums.addFrame(payload);
    at += frameHeadBytes + length;
    // Nothing is written after a seal: calls after it would be counted twice.
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

  /** Whether the last definition is a seal with the right number of calls. */
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
        const mark = payload.readUInt16LE(at);
        const cause = mark === callMark ? 0 : payload.readUInt32LE(at + callBytes);
        const code = mark === callWithCodeMark ? payload.readUInt32LE(at + callBytes + causeBytes) : 0;
        this.#addCall(payload, at, { cause, code });
        at += callBytes + moreBytes(mark);
      }
    }
  }

  #addCall(payload: Buffer, at: number, numbers: Numbers): void {
    const seconds = payload.readUInt32LE(at + 16);
    const minute = seconds - (seconds % 60);
    const name = `${minute} ${numbers.code} ${numbers.cause} ${payload.toString('latin1', at + 2, at + 16)}`;
    const row = this.rows.get(name) ?? this.#emptyRow(payload, at, minute, numbers);
    row.requests += 1;
    row.duration_us += payload.readUInt32LE(at + 20);
    row.request_bytes += payload.readDoubleLE(at + 24);
    row.response_bytes += payload.readDoubleLE(at + 32);
    this.rows.set(name, row);
    this.calls += 1;
  }

  #emptyRow(payload: Buffer, at: number, minute: number, { cause, code }: Numbers): UsageRow {
    const [provider, consumer, api, version, app, installer, installation, environment] = JSON.parse(
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
      ...(installer == null || installation == null ? {} : { installer, installation }),
      ...(environment === undefined ? {} : { environment }),
      status: payload.readUInt16LE(at + 2),
      ...(code === 0 ? {} : { code: this.#definitions[code] ?? 'internal' }),
      ...(cause === 0 ? {} : { cause: this.#definitions[cause] ?? '' }),
      requests: 0,
      request_bytes: 0,
      response_bytes: 0,
      duration_us: 0,
    };
  }
}
