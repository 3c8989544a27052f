import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

test('one thread yields to the others, which keep their priority', { skip: process.platform !== 'linux' }, async () => {
  const before = getPriority(process.pid);
  const module = new URL('./priority.ts', import.meta.url).href;
  const source = `
    import { parentPort } from 'node:worker_threads';
    import { ownPriority, yieldToOthers } from ${JSON.stringify(module)};
    yieldToOthers();
    parentPort.postMessage(ownPriority());`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const [priority] = (await once(worker, 'message')) as [number];
  await worker.terminate();
  assert.equal(priority, constants.priority.PRIORITY_BELOW_NORMAL);
  assert.equal(getPriority(process.pid), before);
});
