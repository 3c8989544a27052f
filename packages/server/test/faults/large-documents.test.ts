/** Large documents of several tenants at the same time, and the memory of the process that takes them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { largeDocument } from '@tulou/openapi/sample-documents';
import { stringify } from 'yaml';
import { makeProvider } from '../control/nouns.ts';
import { startRunning, type Running } from '../running.ts';
import { familyOf } from './platform.ts';

const providers = ['one', 'two', 'three', 'four'] as const;
let running: Running;
before(async () => {
  running = await startRunning();
  for (const provider of providers) await makeProvider(running.call, provider);
});
after(() => running.stop());

/** A client that is asked to come again does: on a busy machine the last document may wait too long for its turn. */
async function publish(provider: string, openapi: string): Promise<number> {
  const body = { name: 'large', upstreams: [{ url: 'https://orders.example.com' }], openapi };
  for (;;) {
    const answer = await running.call('POST', `/tenants/${provider}/apis/orders/versions`, { body });
    if (answer.status !== 503 || !answer.headers.has('retry-after')) return answer.status;
  }
}

/** The largest resident size that control has had, KiB. */
async function peakOfControl(): Promise<number> {
  const control = (await familyOf(running.pid)).find(({ command }) => command.endsWith('main.ts control'));
  const [, peak] = /^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${control?.pid}/status`, 'utf8')) ?? [];
  return Number(peak);
}

const linuxOnly = { skip: process.platform === 'linux' ? false : 'the peak of a process is read in /proc' };

test(
  'four YAML documents of 8 MB are published together while control, in 768 MB, answers others',
  linuxOnly,
  async () => {
    const yaml = stringify(largeDocument(3900));
    assert.ok(yaml.length > 8_000_000);
    const state = { over: false };
    const publishing = Promise.all(providers.map((provider) => publish(provider, yaml))).finally(() => {
      state.over = true;
    });
    const others: number[] = [];
    while (!state.over) others.push((await running.call('GET', '/tenants/one')).status);
    assert.deepEqual(await publishing, [201, 201, 201, 201]);
    assert.ok(others.length > 20, `${others.length} other calls were answered`);
    assert.ok(others.every((status) => status === 200));
    const peak = await peakOfControl();
    assert.ok(peak > 0 && peak < 768 * 1024, `${peak} KiB`);
  },
);
