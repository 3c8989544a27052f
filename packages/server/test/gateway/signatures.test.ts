/** Signed requests at a gateway of several threads, over its own engine, with the fleet key that control gives it. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { SnapshotObject } from '@tulou/contract';
import { systemClock } from '../../src/kernel/clock.ts';
import {
  digestOf,
  edwardsKey,
  hmacKey,
  signed,
  type SampleKey,
  type Wish,
} from '../../src/gateway/signatures/sample-signer.ts';
import { world } from '../../src/gateway/tokens/sample-issuer.ts';
import { fleetKey, isReady, newFolder, openGateway, StandInControl, until } from './stand-in.ts';

const path = '/acme/orders/v1/orders';
const edwards = edwardsKey();
const hmac = hmacKey(fleetKey);

/** Keeps the contents of complete requests, and counts requests that broke off. */
class Recorder {
  readonly whole: string[] = [];
  begun = 0;
  readonly #server: Server = createServer((asked, response) => {
    this.begun += 1;
    let text = '';
    asked.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    asked.once('error', () => undefined);
    asked.once('end', () => {
      this.whole.push(text);
      response.end('fine');
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('signed requests', () => {
  const folder = newFolder();
  const recorder = new Recorder();
  let control: StandInControl;
  let gateway: Awaited<ReturnType<typeof openGateway>>;
  before(async () => {
    control = await new StandInControl().start();
    const url = await recorder.start();
    const objects = Object.values(world).map((object): SnapshotObject =>
      object.kind === 'version'
        ? { ...object, upstreams: [{ url, weight: 1 }], request_bytes_max: 10_000_000 }
        : object,
    );
    control.put(...objects, edwards.object, hmac.object);
    gateway = await openGateway(control.url, folder.path, { threads: 2 });
    await until('ready', isReady(gateway.admin));
    // Signatures from before the start are refused; the fleet key comes with the registration.
    await until('taken', async () => (await send(hmac, {})).status === 200);
  });
  after(async () => {
    await gateway.role.stop();
    await control.stop();
    recorder.stop();
    folder.remove();
  });

  let serial = 0;
  const fieldsFor = (key: SampleKey, wish: Partial<Wish>): string[] =>
    signed(key, systemClock.now(), {
      url: `http://gateway.test${path}${wish.content === undefined ? '/1' : ''}`,
      method: wish.content === undefined ? 'GET' : 'POST',
      ...wish,
      params: { nonce: `n${(serial += 1)}`, ...wish.params },
    });

  /** Sends over a connection of its own, so that every thread gets some; `content` in the given pieces. */
  function transmit(fields: readonly string[], content?: { pieces: readonly string[]; length?: number }) {
    return new Promise<{ status: number; code: string }>((resolve, reject) => {
      const asked = request(
        `${gateway.url}${path}${content === undefined ? '/1' : ''}`,
        { method: content === undefined ? 'GET' : 'POST', agent: new Agent() },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.once('end', () => {
            const code = text.startsWith('{') ? (JSON.parse(text) as { code: string }).code : '';
            resolve({ status: response.statusCode ?? 0, code });
          });
        },
      );
      asked.once('error', reject);
      for (let at = 0; at < fields.length; at += 2) asked.appendHeader(fields[at] ?? '', fields[at + 1] ?? '');
      if (content?.length !== undefined) asked.setHeader('content-length', content.length);
      const pieces = [...(content?.pieces ?? [])];
      const next = (): void => {
        const piece = pieces.shift();
        if (piece === undefined) asked.end();
        else asked.write(piece, () => void setImmediate(next));
      };
      next();
    });
  }
  const send = (key: SampleKey, wish: Partial<Wish>) => transmit(fieldsFor(key, wish));

  it('keep the fleet key to the gateway’s own user', () => {
    const file = join(folder.path, 'fleet.key');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(readFileSync(file, 'utf8').trim(), fleetKey.toString('base64url'));
  });

  it('use a nonce up once over all threads', async () => {
    for (const key of [edwards, hmac]) {
      for (let round = 0; round < 5; round += 1) {
        const fields = fieldsFor(key, {});
        const answers = await Promise.all(Array.from({ length: 16 }, () => transmit(fields)));
        const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
        assert.deepEqual(statuses, [200, ...Array<number>(15).fill(401)]);
      }
    }
  });

  for (const [what, length] of [
    ['with its length', true],
    ['in chunks', false],
  ] as const) {
    it(`pass content on ${what} when it is what its digest says, whatever its pieces`, async () => {
      for (const pieces of [
        ['{"order":7}'],
        ['{"ord', 'er":7', '}'],
        ['x'.repeat(100_000), 'y'.repeat(100_000), 'z'],
      ]) {
        const content = pieces.join('');
        const fields = fieldsFor(hmac, { content });
        const answer = await transmit(fields, { pieces, ...(length ? { length: content.length } : {}) });
        assert.deepEqual(answer, { status: 200, code: '' });
        assert.equal(recorder.whole.at(-1), content);
      }
    });

    it(`never pass on the end of content ${what} that is not what its digest says`, async () => {
      for (const pieces of [
        ['{"order":8}'],
        ['{"ord', 'er":8', '}'],
        ['x'.repeat(100_000), 'y'.repeat(100_000), 'w'],
      ]) {
        const content = pieces.join('');
        const before = recorder.whole.length;
        const signedContent = `${content.slice(0, -2)}7}`.slice(0, content.length);
        const fields = fieldsFor(edwards, { content: signedContent });
        const answer = await transmit(fields, { pieces, ...(length ? { length: content.length } : {}) });
        assert.deepEqual(answer, { status: 400, code: 'content_digest_mismatch' });
        assert.equal((await send(edwards, {})).status, 200);
        assert.deepEqual(recorder.whole.slice(before), [''], 'only the call after it came whole');
      }
    });
  }

  it('do not cover digests outside of the signature', async () => {
    const fields = [...fieldsFor(edwards, {}), 'content-digest', digestOf('something else')];
    assert.equal((await transmit(fields)).status, 200);
  });

  it('hold at a gateway that starts without control', async () => {
    await gateway.role.stop();
    await control.stop();
    gateway = await openGateway(control.url, folder.path, { threads: 2 });
    await until('taken', async () => (await send(hmac, {})).status === 200);
    await control.start();
  });
});
