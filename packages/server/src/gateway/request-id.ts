/** Ids for requests and traces. They are cheap enough to make both for every call. */
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const callsPerPrefix = 32 ** 3;

/**
 * Request ids: `req_` and a UUID of version 7 as TypeID. They have ten characters of time, 13 with 58 random bits that are
 * drawn again every 32,768 ids, and a counter in the last three. They are unique over all gateways.
 */
export class RequestIds {
  readonly #clock: Clock;
  readonly #random: Random;
  #millisecond = -1;
  #time = '';
  #prefix = '';
  #counter = callsPerPrefix;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  next(): string {
    const now = this.#clock.now();
    if (now !== this.#millisecond) this.#setTime(now);
    if (this.#counter >= callsPerPrefix) this.#draw();
    const n = this.#counter;
    this.#counter += 1;
    return (
      this.#time + this.#prefix + alphabet.charAt(n >>> 10) + alphabet.charAt((n >>> 5) & 31) + alphabet.charAt(n & 31)
    );
  }

  /** 48 bits of time after two bits of padding: ten characters of five bits. */
  #setTime(now: number): void {
    this.#millisecond = now;
    let text = '';
    let rest = now;
    for (let i = 0; i < 10; i += 1) {
      text = alphabet.charAt(rest % 32) + text;
      rest = Math.floor(rest / 32);
    }
    this.#time = `req_${text}`;
  }

  /** 13 characters: version 7 (`0111` and a random bit), 11 more bits, variant `10` with 3 bits, then random bits. */
  #draw(): void {
    const bytes = this.#random.bytes(13);
    const digits = Array.from(bytes, (byte) => byte & 31);
    digits[0] = 0b01110 | ((digits[0] ?? 0) & 1);
    // The variant is bits 16 and 17 after the time: inside the fourth character.
    digits[3] = ((digits[3] ?? 0) & 0b10011) | 0b01000;
    this.#prefix = digits.map((digit) => alphabet.charAt(digit)).join('');
    this.#counter = 0;
  }
}

/** 16-byte trace ids and 8-byte span ids in hex, cut from a pool of random text. */
export class TraceIds {
  readonly #random: Random;
  #pool = '';
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  hex(characters: 16 | 32): string {
    if (this.#at + characters > this.#pool.length) {
      this.#pool = Buffer.from(this.#random.bytes(4096)).toString('hex');
      this.#at = 0;
    }
    this.#at += characters;
    return this.#pool.slice(this.#at - characters, this.#at);
  }
}

const traceparentShape = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;
/** Version 00 ends after its flags; later versions may continue. */
const lengthOfVersion00 = 55;

/**
 * The `traceparent` to send on (W3C Trace Context §3.2): trace and flags of a valid one with our own parent id, otherwise a
 * new trace that is not sampled.
 */
export function nextTraceparent(received: string | undefined, ids: TraceIds): string {
  const overlong = received?.startsWith('00') === true && received.length !== lengthOfVersion00;
  const match = received === undefined || overlong ? null : traceparentShape.exec(received);
  const trace = match?.[1] ?? ids.hex(32);
  return `00-${trace}-${ids.hex(16)}-${match?.[2] ?? '00'}`;
}
