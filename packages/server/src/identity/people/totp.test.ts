import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32, codeOf, otpauthUri, stepOf } from './totp.ts';

const seed = Buffer.from('12345678901234567890');

test('the codes are those of RFC 6238, appendix B', () => {
  for (const [seconds, code] of [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ] as const)
    assert.equal(codeOf(seed, Math.floor(seconds / 30), 8), code);
});

test('a code is good in its own 30 seconds, the ones before and the ones after, and says which they were', () => {
  const step = 37037036;
  const nowMs = step * 30_000 + 7_000;
  for (const around of [-1, 0, 1]) assert.equal(stepOf(seed, codeOf(seed, step + around), nowMs), step + around);
  for (const around of [-2, 2]) assert.equal(stepOf(seed, codeOf(seed, step + around), nowMs), undefined);
});

test('a code may be typed with spaces, and with nothing else in it', () => {
  const [step, nowMs] = [1, 30_000];
  const code = codeOf(seed, step);
  assert.equal(stepOf(seed, ` ${code.slice(0, 3)} ${code.slice(3)}\n`, nowMs), step);
  for (const typed of ['', code.slice(1), `${code}0`, `+${code}`, `${code.slice(0, 5)}٣`])
    assert.equal(stepOf(seed, typed, nowMs), undefined, typed);
});

test('the seed is written as RFC 4648 has it', () => {
  assert.equal(base32(Buffer.from('fooba')), 'MZXW6YTB');
  assert.equal(base32(seed), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
});

test('what an app reads names the issuer and the person, whatever characters they have', () => {
  const uri = new URL(otpauthUri(seed, 'Tulou 土楼:1', 'a+b&c@shop.test'));
  assert.equal(decodeURIComponent(uri.pathname), '/Tulou 土楼:1:a+b&c@shop.test');
  assert.equal(uri.searchParams.get('issuer'), 'Tulou 土楼:1');
  assert.equal(uri.searchParams.get('secret'), base32(seed));
});
