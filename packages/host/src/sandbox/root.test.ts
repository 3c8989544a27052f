import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTrace } from './libraries.ts';
import { argumentsOf, encodeArguments } from './root.ts';

const plan = {
  binds: [['/host/node', '/runtime/node']] as const,
  folder: '/data/artifact',
  variables: { A: '--bind / /' },
  tmpBytesMax: 1000,
  command: ['/runtime/node'],
};

describe('the root of a sandbox', () => {
  const args = argumentsOf(plan);

  test('every namespace is its own, and no capability is kept', () => {
    for (const kind of ['user', 'pid', 'net', 'ipc', 'uts']) assert.ok(args.includes(`--unshare-${kind}`));
    for (const flag of ['--die-with-parent', '--new-session', '--clearenv', '--seccomp'])
      assert.ok(args.includes(flag));
    assert.equal(args[args.indexOf('--cap-drop') + 1], 'ALL');
  });

  test('only devices without a driver behind them are writable, and /tmp, which is bounded', () => {
    const writable = args.flatMap((arg, i) => (/^--(?:bind|dev-bind)(?:-try)?$/.test(arg) ? [args[i + 2]] : []));
    assert.deepEqual(writable, ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom']);
    assert.deepEqual(args.slice(args.indexOf('--size'), args.indexOf('--tmpfs') + 2), [
      '--size',
      '1000',
      '--perms',
      '1777',
      '--tmpfs',
      '/tmp',
    ]);
    assert.ok(args.join(' ').includes('--remount-ro /'));
  });

  test('a variable is one argument, whatever it contains', () => {
    const at = args.indexOf('--setenv');
    assert.deepEqual(args.slice(at, at + 3), ['--setenv', 'A', '--bind / /']);
    assert.deepEqual(encodeArguments(['a b', '']), Buffer.from('a b\0\0'));
  });
});

test('libraries are read from what the loader lists', () => {
  const text = `\tlinux-vdso.so.1 (0x00007ffc)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)
\tlibgone.so => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f)
`;
  assert.deepEqual(parseTrace(text), ['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
});
