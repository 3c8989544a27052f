/** Waiting for the body of a message without reading it, so that a slow sender holds no place of those at work. */
import type { IncomingMessage } from 'node:http';

/**
 * Resolves when all of the body is in the buffer of the message, when the buffer is full, or when the sender has gone. A later
 * reader of the message finds all of it.
 */
export function received(message: IncomingMessage): Promise<void> {
  const isEmpty =
    Number(message.headers['content-length'] ?? 0) === 0 && message.headers['transfer-encoding'] === undefined;
  if (isEmpty || message.complete) return Promise.resolve();
  return new Promise((resolve) => {
    const look = (): void => {
      const isFull = message.readableLength >= message.readableHighWaterMark;
      if (!message.complete && !message.destroyed && !isFull) return void message.read(0);
      message.off('readable', look);
      message.off('close', look);
      // A stream leaves the mode in which it waits for `readable` one turn later.
      setImmediate(resolve);
    };
    message.on('readable', look);
    message.on('close', look);
    look();
  });
}
