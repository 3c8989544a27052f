/** Promises about the ports that `tulou up` takes where it may take any. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { reserveAll } from './ports.ts';

const any = (flag: string) => ({ flag, address: { host: '127.0.0.1', port: 0 } });
const reserve = () => reserveAll([any('--gateway'), any('--platform')], (flags) => flags.join(' '));

test('any ports are two free ones that no outgoing connection is given', async () => {
  const [gateway, platform] = await reserve();
  assert.ok(gateway !== undefined && platform !== undefined);
  assert.notEqual(gateway.port, platform.port);
  for (const { port } of [gateway, platform]) assert.ok(port > 1023 && port < 32_768, String(port));
});

test('a port that is taken meanwhile is passed over', async () => {
  const [first] = await reserve();
  const server = createServer().listen(first);
  await once(server, 'listening');
  const found = await reserve();
  assert.ok(found.every(({ port }) => port !== first?.port));
  server.close();
  await once(server, 'close');
});
