import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwarded } from './fields.ts';

test('fields of one connection are not forwarded, nor those that Connection names', () => {
  const raw = [
    ...['Host', 'a', 'Connection', 'close, X-Private', 'x-private', '1', 'Keep-Alive', 'timeout=5'],
    ...['Transfer-Encoding', 'chunked', 'Upgrade', 'websocket', 'TE', 'trailers', 'Proxy-Authorization', 'x'],
    ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'tulou-service', 'svc_1'],
  ];
  assert.deepEqual(forwarded(raw), ['Host', 'a', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'tulou-service', 'svc_1']);
});
