/** Reads lines of NDJSON from pieces of bytes, with a bound. */
const lineFeed = 10;

/** Collects pieces into lines. A line longer than the bound throws: no line that we write is so long. */
export class LineSplitter {
  readonly #bytesMax: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that end in `piece`, without their line feeds. */
  *push(piece: Buffer): Generator<Buffer> {
    let from = 0;
    for (;;) {
      const end = piece.indexOf(lineFeed, from);
      if (end === -1) break;
      yield this.#joined(piece.subarray(from, end));
      from = end + 1;
    }
    if (from < piece.length) this.#keep(piece.subarray(from));
  }

  /** Whether bytes without a line feed remain. */
  get unfinished(): boolean {
    return this.#restBytes > 0;
  }

  #joined(last: Buffer): Buffer {
    if (this.#restBytes + last.length > this.#bytesMax) throw new RangeError('a line is too long');
    if (this.#restBytes === 0) return last;
    const whole = Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#restBytes = 0;
    return whole;
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > this.#bytesMax) throw new RangeError('a line is too long');
    this.#rest.push(Buffer.from(piece));
  }
}
