/** Parts of the platform that do not end, but no longer do any work. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { startChild, type Child } from '../../src/up/child.ts';
import { keep } from '../../src/up/keeper.ts';
import { figure, isReady, newFolder, openUpstream, scene, StandInControl, until } from '../gateway/stand-in.ts';

const log = openLog('test', 'silent');
const hung = { spinningMs: 2000, silentMs: 5000 };

describe('a role', () => {
  for (const [what, signal] of [
    ['runs in a circle', 'SIGVTALRM'],
    ['is stopped', 'SIGSTOP'],
  ] as const) {
    it(`that ${what} is noticed, killed and started again`, async () => {
      const options = {
        role: 'x',
        program: fileURLToPath(new URL('hanging.ts', import.meta.url)),
        environment: process.env,
        hung,
      };
      const keeper = await keep<Child>('x', () => startChild(options, clock, log), clock, log);
      const first = Number(keeper.current().urls['pid']);
      process.kill(first, signal);
      while (Number(keeper.current().urls['pid']) === first)
        await new Promise<void>((resolve) => clock.after(20, resolve));
      assert.notEqual(Number(keeper.current().urls['pid']), first);
      await keeper.stop();
    });
  }
});

describe('a thread of a gateway', () => {
  it('that runs in a circle is noticed, ended and replaced, and the others serve meanwhile', async () => {
    const folder = newFolder();
    const control = await new StandInControl().start();
    const upstream = await openUpstream();
    const world = scene(upstream.url);
    control.put(...world.objects);
    // Loaded into every thread: the first call with this user agent never ends.
    const trap = new URL('hanging-thread.ts', import.meta.url).href;
    const program = fileURLToPath(new URL('../gateway/child.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', trap, program, control.url, folder.path, '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { gateway, admin } = JSON.parse(line) as { gateway: string; admin: string };
    await until('ready', isReady(admin));
    const call = () =>
      fetch(`${gateway}/acme/orders/v1/orders/1`, {
        headers: { 'x-api-key': world.key.text, connection: 'close' },
        signal: AbortSignal.timeout(2000),
      }).then(
        ({ status }) => status,
        () => 0,
      );
    await until('served', async () => (await call()) === 200);
    child.kill('SIGVTALRM');
    const replaced = async (): Promise<boolean> => (await figure(admin, 'tulou_gateway_thread_hangs_total')) === 1;
    while (!(await replaced())) await new Promise<void>((resolve) => clock.after(50, resolve));
    await until('two serve', async () => (await figure(admin, 'tulou_gateway_threads')) === 2);
    for (let i = 0; i < 20; i += 1) await until('each call is served', async () => (await call()) === 200);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await control.stop();
    await upstream.close();
    folder.remove();
  });
});
