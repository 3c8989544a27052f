import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { Problem } from '@tulou/contract';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { systemRandom } from '../kernel/random.ts';
import { listen, type Listener } from './listen.ts';

let listener: Listener;
before(async () => {
  const deps = { clock: systemClock, random: systemRandom, log: openLog('http', 'silent') };
  listener = await listen({ host: '127.0.0.1', port: 0 }, () => Promise.reject(new Problem('unauthenticated')), deps);
});
after(() => listener.close());

const bytes = 3 * 1024 * 1024;

/** Sends all content before it reads, as many libraries do. Resolves with all that was received. */
function sendFirst(): Promise<{ received: string; error: Error | undefined }> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(listener.url).port), host: '127.0.0.1' });
    let received = '';
    let error: Error | undefined;
    socket.pause();
    socket.on('data', (piece) => (received += piece.toString()));
    socket.on('error', (one) => (error = one));
    socket.on('close', () => resolve({ received, error }));
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n\r\n`);
    socket.write(Buffer.alloc(bytes), () => socket.resume());
  });
}

test('a client that sends all its content before it reads receives the refusal', async () => {
  const { received, error } = await sendFirst();
  assert.equal(error, undefined);
  assert.match(received, /^HTTP\/1.1 401 /);
  assert.match(received, /\r\nconnection: close\r\n/i);
});

test('a client that stops sending when it is refused reads the whole answer at once', async () => {
  const answer = await fetch(listener.url, { method: 'POST', body: new Uint8Array(bytes) });
  assert.equal(answer.status, 401);
  assert.equal(((await answer.json()) as { code: string }).code, 'unauthenticated');
});

test('short content does not end the connection', async () => {
  const answer = await fetch(listener.url, { method: 'POST', body: new Uint8Array(60 * 1024) });
  assert.equal(answer.headers.get('connection'), 'keep-alive');
});
