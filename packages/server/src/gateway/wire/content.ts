/** The content of one request as it arrives: how much remains, in either framing. */
import { ChunkedReader, type ContentSink } from './chunked.ts';

export class RequestContent {
  /** All of the content has been read. */
  ended = true;
  #chunked = false;
  #left = 0;
  readonly #reader = new ChunkedReader();

  /** `contentLength` as in `RequestHead`. */
  begin(contentLength: number): void {
    this.ended = contentLength === 0;
    this.#left = contentLength;
    this.#chunked = contentLength === -1;
    if (this.#chunked) this.#reader.reset();
  }

  /** Reads on and returns the position; -1: the content is malformed. */
  read(bytes: Buffer, from: number, to: number, sink: ContentSink): number {
    if (this.#chunked) return this.#readChunked(bytes, from, to, sink);
    const end = Math.min(to, from + this.#left);
    this.#left -= end - from;
    this.ended = this.#left === 0;
    if (end > from) sink.content(bytes, from, end);
    return end;
  }

  /** Whether the rest is known to be no longer than this. */
  isWithin(bytesMax: number): boolean {
    return this.ended || (!this.#chunked && this.#left <= bytesMax);
  }

  #readChunked(bytes: Buffer, from: number, to: number, sink: ContentSink): number {
    const at = this.#reader.read(bytes, from, to, sink);
    this.ended = this.#reader.done;
    return this.#reader.failed ? -1 : at;
  }
}
