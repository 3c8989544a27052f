/**
 * Content that was refused before it was read. Closing the connection at once would reset it, and a client that still sends
 * would never read the answer (RFC 9112 §9.6). Reading it at full speed would cost as much as accepting it.
 */
import type { IncomingMessage } from 'node:http';
import { sleep, type Clock } from '../kernel/clock.ts';

/** Shorter content is read by `node:http` itself, and the connection is kept. */
const shortBytes = 64 * 1024;
const pauseMs = 50;
const waitMsMax = 10_000;

/** Whether long content of the request has not been read. */
export function isUnread(message: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = message.headers;
  const isLong = coding !== undefined || Number(length ?? 0) > shortBytes;
  return isLong && !message.complete && !message.readableDidRead && !message.destroyed;
}

/** Reads and discards content, a buffer at a time with pauses (about 1 MB/s), until its end or ten seconds have passed. */
export async function discard(message: IncomingMessage, clock: Clock): Promise<void> {
  const endMs = clock.monotonic() + waitMsMax;
  while (!message.complete && !message.destroyed && clock.monotonic() < endMs) {
    message.read();
    await sleep(clock, pauseMs);
  }
}
