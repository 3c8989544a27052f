import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from './random.ts';
import { openVault } from './seal.ts';

const vault = openVault(Buffer.alloc(32, 1), systemRandom);

test('what is sealed opens again, and looks different each time', () => {
  const [one, two] = [vault.seal('secret', 'a key'), vault.seal('secret', 'a key')];
  assert.equal(vault.open(one, 'a key'), 'secret');
  assert.notDeepEqual(one, two);
  assert.ok(!one.includes('secret'));
});

test('it opens for nothing else, with no other key, and not when a bit was changed', () => {
  const sealed = vault.seal('secret', 'a key');
  assert.throws(() => vault.open(sealed, 'another'));
  assert.throws(() => openVault(Buffer.alloc(32, 2), systemRandom).open(sealed, 'a key'));
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => vault.open(changed, 'a key'), `byte ${at}`);
  }
  assert.throws(() => vault.open(sealed.subarray(0, 10), 'a key'));
});

test('keys for other purposes are others, and the same on every node', () => {
  const other = openVault(Buffer.alloc(32, 1), systemRandom);
  assert.deepEqual(other.derive('cookies'), vault.derive('cookies'));
  assert.notDeepEqual(vault.derive('cookies'), vault.derive('dpop nonces'));
  assert.equal(vault.derive('cookies').length, 32);
});
