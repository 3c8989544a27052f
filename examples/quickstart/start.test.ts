/** `npm start` as its user meets it: a process, its words, the line that is pasted, Ctrl-C, and a second start. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

interface Run {
  readonly child: ChildProcess;
  /** All it has said on stdout, and on stderr. */
  said(): string;
  complained(): string;
  /** Settles when stdout matches, rejects when the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly code: Promise<number | null>;
}

function start(...flags: string[]): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start.ts'), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stderr.on('data', (piece: Buffer) => void (err += piece.toString()));
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(out);
        if (match !== null) resolve(match);
      };
      child.stdout.on('data', look);
      void code.then(() => reject(new Error(`ended before ${pattern}:\n${out}\n${err}`)));
      look();
    });
  child.stdout.on('data', (piece: Buffer) => void (out += piece.toString()));
  return { child, said: () => out, complained: () => err, until, code };
}

/** The address and key of the printed line, run as a shell would. */
async function paste(run: Run): Promise<{ status: number; items: unknown[]; line: string }> {
  const [line = '', url = '', header = ''] = await run.until(/curl -i (\S+) -H 'Authorization: ([^']+)'\n/);
  const response = await fetch(url, { headers: { authorization: header } });
  return { status: response.status, items: ((await response.json()) as { items: unknown[] }).items, line };
}

describe('npm start', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tulou-start-'));
    await chmod(folder, 0o755);
  });
  after(() => rm(folder, { recursive: true }));

  it('prints a curl line that answers 200, stops at Ctrl-C with 0, and the next start finds all of it', async () => {
    const data = join(folder, 'data');
    const flags = ['--data', data, '--gateway', '127.0.0.1:0', '--platform', '127.0.0.1:0'];
    const first = start(...flags);
    const called = await paste(first);
    assert.equal(called.status, 200);
    assert.equal(called.items.length, 1);
    await first.until(/the data stays\.\n/);
    first.child.kill('SIGINT');
    assert.equal(await first.code, 0, first.complained());
    assert.equal((await stat(join(data, 'quickstart.json'))).mode & 0o777, 0o600);
    assert.ok(!(await readdir(data)).includes('postmaster.pid'));

    const second = start(...flags);
    const again = await paste(second);
    assert.equal(again.status, 200);
    assert.deepEqual(again.items, called.items);
    assert.ok(
      second
        .said()
        .split('\n')
        .every((line) => !/ made .*(tenant|app|key|plan|subscription|API)/.test(line)),
      second.said(),
    );
    assert.equal(again.line.split('Bearer')[1], called.line.split('Bearer')[1]);
    second.child.kill('SIGTERM');
    assert.equal(await second.code, 0, second.complained());
    assert.ok((await readFile(join(data, 'quickstart.json'), 'utf8')).includes('tlk_live_'));
  });

  it('says what to do where the gateway’s port is taken, and ends with an error', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const run = start('--data', join(folder, 'taken'), '--gateway', `127.0.0.1:${port}`, '--platform', '127.0.0.1:0');
    assert.equal(await run.code, 1);
    assert.match(run.complained(), new RegExp(`npm start: .*${port}`));
    assert.match(run.complained(), /--gateway/);
    other.close();
  });

  it('can be stopped while it starts', async () => {
    const run = start('--data', join(folder, 'early'), '--gateway', '127.0.0.1:0', '--platform', '127.0.0.1:0');
    await run.until(/quickstart/);
    run.child.kill('SIGINT');
    assert.equal(await run.code, 0, run.complained());
  });
});
