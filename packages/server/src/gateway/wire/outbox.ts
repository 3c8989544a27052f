/**
 * The octets for the next write to one socket. Heads and small contents are joined into one text of octets (latin1), which
 * reaches the kernel in one call without our own copy. Large contents stay buffers.
 */
import type { Socket } from 'node:net';

/** Up to this size, a piece is cheaper as part of the text than as a separate buffer. */
const TEXT_BYTES_MAX = 16_384;

export class Outbox {
  #text = '';
  #pieces: (string | Buffer)[] | undefined;

  get empty(): boolean {
    return this.#text === '' && this.#pieces === undefined;
  }

  /** Octets as text, one a character. */
  add(text: string): void {
    this.#text += text;
  }

  /** A copy of these octets: they may change after the call. */
  addBytes(bytes: Buffer, from: number, to: number): void {
    if (to - from <= TEXT_BYTES_MAX && this.#text.length <= TEXT_BYTES_MAX) {
      this.#text += bytes.toString('latin1', from, to);
      return;
    }
    this.#pieces ??= [];
    if (this.#text !== '') this.#pieces.push(this.#text);
    this.#text = '';
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
  }

  clear(): void {
    this.#text = '';
    this.#pieces = undefined;
  }

  /** How many octets wait here. */
  get length(): number {
    let length = this.#text.length;
    for (const piece of this.#pieces ?? []) length += piece.length;
    return length;
  }

  /** Writes everything to the socket; false: the socket requires a wait for its `drain`. */
  flush(socket: Socket): boolean {
    const text = this.#text;
    const pieces = this.#pieces;
    this.clear();
    if (pieces === undefined) return text === '' ? !socket.writableNeedDrain : socket.write(text, 'latin1');
    socket.cork();
    for (const piece of pieces) {
      if (typeof piece === 'string') socket.write(piece, 'latin1');
      else socket.write(piece);
    }
    if (text !== '') socket.write(text, 'latin1');
    socket.uncork();
    return !socket.writableNeedDrain;
  }
}
