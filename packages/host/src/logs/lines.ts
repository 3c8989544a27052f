/** Lines from the bytes of a stream: bounded in length, and in rate. Pure but for the time, which is an argument. */
import { StringDecoder } from 'node:string_decoder';

export interface LineBounds {
  readonly charactersMax: number;
  readonly linesPerSecond: number;
  readonly burstLines: number;
  /** Past this in one second, the reader pauses: the writer waits, and no one else. */
  readonly bytesPerSecondMax: number;
}

export class Lines {
  readonly #bounds: LineBounds;
  readonly #decoder = new StringDecoder('utf8');
  #open = '';
  #isCut = false;
  #tokens: number;
  #refilledMs: number;
  #secondMs: number;
  #bytes = 0;
  #dropped = 0;

  constructor(bounds: LineBounds, nowMs: number) {
    this.#bounds = bounds;
    this.#tokens = bounds.burstLines;
    this.#refilledMs = nowMs;
    this.#secondMs = nowMs;
  }

  /** The lines that these bytes complete, and how long the reader should pause. */
  push(chunk: Buffer, nowMs: number): { readonly lines: readonly string[]; readonly pauseMs: number } {
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#bytes = 0;
    }
    this.#bytes += chunk.byteLength;
    const parts = this.#decoder.write(chunk).split('\n');
    const lines: string[] = [];
    for (const [i, part] of parts.entries()) {
      this.#append(part);
      if (i < parts.length - 1) this.#close(lines, nowMs);
    }
    const isFlood = this.#bytes > this.#bounds.bytesPerSecondMax;
    return { lines, pauseMs: isFlood ? Math.max(1, 1000 - (nowMs - this.#secondMs)) : 0 };
  }

  /** The rest of a stream that did not end with a whole line. */
  end(nowMs: number): readonly string[] {
    const lines: string[] = [];
    this.#append(this.#decoder.end());
    if (this.#open !== '') this.#close(lines, nowMs);
    return lines;
  }

  /** How many lines were dropped since the last time this was asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #append(part: string): void {
    const room = this.#bounds.charactersMax - this.#open.length;
    if (part.length > room) this.#isCut = true;
    this.#open += part.slice(0, Math.max(0, room));
  }

  #close(lines: string[], nowMs: number): void {
    const line = this.#isCut ? `${this.#open.slice(0, -1)}…` : this.#open.replace(/\r$/, '');
    this.#open = '';
    this.#isCut = false;
    const { linesPerSecond, burstLines } = this.#bounds;
    this.#tokens = Math.min(burstLines, this.#tokens + ((nowMs - this.#refilledMs) * linesPerSecond) / 1000);
    this.#refilledMs = nowMs;
    if (this.#tokens < 1) {
      this.#dropped += 1;
      return;
    }
    this.#tokens -= 1;
    lines.push(line);
  }
}
