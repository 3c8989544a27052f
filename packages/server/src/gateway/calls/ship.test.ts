import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { CallBatch, CallRecord } from '@tulou/contract';
import { systemClock } from '../../kernel/clock.ts';
import { silent, until } from '../../../test/gateway/stand-in.ts';
import { CallShipper } from './ship.ts';

const record = (n: number): CallRecord => ({ id: `req_${n}`, provider: 'ten_1', consumer: 'ten_2' }) as CallRecord;

/** A control that can be unavailable; it keeps what it accepted. */
function openControl() {
  const control = {
    away: false,
    losesAnswers: false,
    refusesNext: false,
    taken: new Map<string, CallBatch>(),
    asked: 0,
  };
  const answer: typeof fetch = async (_url, init) => {
    control.asked += 1;
    if (control.away) throw new Error('nobody is there');
    const batch = JSON.parse(gunzipSync(init?.body as Buffer).toString()) as CallBatch;
    if (control.refusesNext) {
      control.refusesNext = false;
      return new Response(null, { status: 400 });
    }
    if (!control.taken.has(batch.batch)) control.taken.set(batch.batch, batch);
    if (control.losesAnswers) throw new Error('the answer is lost');
    return new Response(null, { status: 204 });
  };
  const hurried = { ...systemClock, after: (_ms: number, task: () => void) => systemClock.after(1, task) };
  const options = { controlUrl: 'http://control.test', nodeToken: 'tln', prefix: 'g-b', waitingMax: 100 };
  const shipper = new CallShipper(options, { clock: hurried, log: silent, fetch: answer });
  const batches = (): CallBatch[] => [...control.taken.values()];
  return { control, shipper, batches, ids: () => batches().flatMap(({ calls }) => calls.map(({ id }) => id)) };
}

test('records come to control once and in order, also when its answers are lost', async () => {
  const { control, shipper, ids, batches } = openControl();
  control.losesAnswers = true;
  shipper.take({ calls: [record(1), record(2)], leftOut: [{ tenant: 'ten_1', calls: 5 }] });
  const running = shipper.run();
  await until('asked again', () => control.asked > 3);
  control.losesAnswers = false;
  shipper.take({ calls: [record(3)], leftOut: [] });
  await until('all is there', () => ids().length === 3);
  await shipper.close();
  await running;
  assert.deepEqual(ids(), ['req_1', 'req_2', 'req_3']);
  assert.deepEqual(
    batches().flatMap(({ left_out }) => left_out),
    [{ tenant: 'ten_1', calls: 5 }],
  );
});

test('while control is away the newest are kept, the rest are counted for both sides, and control learns of it', async () => {
  const { control, shipper, ids, batches } = openControl();
  control.away = true;
  for (let n = 0; n < 250; n += 1) shipper.take({ calls: [record(n)], leftOut: [] });
  assert.equal(shipper.waiting, 100);
  control.away = false;
  const running = shipper.run();
  await until('all is there', () => ids().length === 100);
  await shipper.close();
  await running;
  assert.deepEqual([ids()[0], ids().at(-1)], ['req_150', 'req_249']);
  assert.deepEqual(
    batches().flatMap(({ left_out }) => left_out),
    [
      { tenant: 'ten_1', calls: 150 },
      { tenant: 'ten_2', calls: 150 },
    ],
  );
});

test('a batch that control refuses for good does not hold up the next, and counts as left out', async () => {
  const { control, shipper, ids, batches } = openControl();
  control.refusesNext = true;
  shipper.take({ calls: [record(1)], leftOut: [] });
  const running = shipper.run();
  await until('refused', () => control.asked > 0);
  shipper.take({ calls: [record(2)], leftOut: [] });
  await until('the next is there', () => ids().length === 1);
  await shipper.close();
  await running;
  assert.deepEqual(ids(), ['req_2']);
  const told = batches().flatMap(({ left_out }) => left_out);
  assert.equal(
    told.reduce((sum, { calls }) => sum + calls, 0),
    2,
  );
});
