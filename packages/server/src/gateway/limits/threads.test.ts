import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { hash64 } from './hash.ts';
import { Slots } from './slots.ts';
import { Windows } from './windows.ts';
import { UsedProofs } from '../tokens/proofs.ts';

const seed = { low: 3, high: 4 };

/** Runs source over the shared memory in four real threads; each posts one number. */
async function inThreads(body: string, data: Record<string, unknown>): Promise<number[]> {
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { Windows } from '${new URL('windows.ts', import.meta.url).href}';
    import { Slots } from '${new URL('slots.ts', import.meta.url).href}';
    import { UsedProofs } from '${new URL('../tokens/proofs.ts', import.meta.url).href}';
    const { place, windows, slots, proofs, subjects, now } = workerData;
    ${body}`;
  const results = [1, 2, 3, 4].map((place) => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: { place, ...data },
    });
    return new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  return Promise.all(results);
}

describe('the shared tables', () => {
  it('allow exactly the limit over four threads that race for it', async () => {
    const windows = Windows.memoryFor(4096);
    const subjects = Array.from({ length: 50 }, (_, i) => ({ ...hash64(`s${i}`, seed), lengthMs: 60_000, max: 997 }));
    const allowed = await inThreads(
      `const mine = new Windows(windows, place);
       let allowed = 0;
       for (let round = 0; round < 600; round += 1)
         for (let i = 0; i < subjects.length; i += 1)
           if (mine.take([subjects[i], subjects[(i + 1) % subjects.length]], now)) allowed += 1;
       parentPort.postMessage(allowed);`,
      { windows, subjects, now: 1_800_000_000_000 },
    );
    // Each allowed call counts in two of the fifty windows. Every window gets more requests than it allows.
    const reader = new Windows(windows, 5);
    let counted = 0;
    reader.collect(true, 1_800_000_000_000, ({ current }) => {
      assert.ok(current <= 997);
      counted += current;
    });
    assert.equal(counted, 2 * allowed.reduce((sum, count) => sum + count, 0));
    for (const subject of subjects) {
      const next = subjects[(subjects.indexOf(subject) + 1) % subjects.length] ?? subject;
      assert.equal(reader.take([subject, next], 1_800_000_000_000), false);
    }
  });

  it('never grant more places than there are, and all are free when all are released', async () => {
    const slots = Slots.memoryFor(1024, 4);
    const subject = hash64('subscription', seed);
    const most = await inThreads(
      `const mine = new Slots(slots, 4, place);
       let most = 0;
       for (let round = 0; round < 20000; round += 1) {
         if (!mine.take(subjects, 3)) continue;
         most = Math.max(most, mine.inUse(subjects));
         mine.release(subjects);
       }
       parentPort.postMessage(most);`,
      { slots, subjects: subject },
    );
    assert.ok(Math.max(...most) <= 3);
    assert.equal(new Slots(slots, 4, 5).inUse(subject), 0);
  });

  it('use each proof up exactly once over four threads that race for it', async () => {
    const proofs = UsedProofs.memoryFor(4096);
    const used = await inThreads(
      `const mine = new UsedProofs(proofs, { owner: place, seed: { low: 3, high: 4 }, sinceSeconds: 0 });
       let used = 0;
       for (let n = 0; n < 1500; n += 1) if (mine.burn({ name: 'proof ' + n, untilSeconds: now + 60 }, now) === 'burned') used += 1;
       parentPort.postMessage(used);`,
      { proofs, now: 1_800_000_000 },
    );
    assert.equal(
      used.reduce((sum, count) => sum + count, 0),
      1500,
    );
  });

  it('release the places and the locks of a dead thread', () => {
    const memory = Slots.memoryFor(64, 2);
    const [dying, main] = [new Slots(memory, 2, 1), new Slots(memory, 2, 3)];
    const subject = hash64('subscription', seed);
    assert.equal(dying.take(subject, 2) && dying.take(subject, 2), true);
    dying.table.lock(dying.table.stripeOf(subject.high), 1);
    main.releaseAllOf(1);
    assert.equal(main.inUse(subject), 0);
  });
});
