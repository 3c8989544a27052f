/** A gateway's side of the snapshot feed, as small as possible: the answers that it received, and its state. */
import assert from 'node:assert/strict';
import { snapshotChange, snapshotHead, type SnapshotChange, type SnapshotHead } from '@tulou/contract';
import type { TestControl } from './fixture.ts';

export interface FeedAnswer {
  readonly head: SnapshotHead;
  readonly changes: readonly SnapshotChange[];
}

/** One call of the feed; throws if the answer is incomplete. */
export async function readFeed(
  control: Pick<TestControl, 'url' | 'node'>,
  query: Readonly<Record<string, string | number>> = {},
): Promise<FeedAnswer> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) search.set(name, String(value));
  const response = await fetch(`${control.url}/internal/v1/snapshot?${search.toString()}`, {
    headers: { authorization: `Bearer ${control.node}` },
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const head = snapshotHead.parse(lines[0]);
  const changes = lines.slice(1, -1).map((line) => snapshotChange.parse(line));
  assert.deepEqual(lines.at(-1), { end: changes.length });
  assert.equal(head.count, changes.length);
  return { head, changes };
}

/** A copy of the snapshot, kept by applying answers. */
export class Replica {
  readonly objects = new Map<string, SnapshotChange>();
  epoch = '';
  seq = 0;

  apply({ head, changes }: FeedAnswer): void {
    if (head.full) this.objects.clear();
    for (const change of changes) {
      const name = `${change.kind} ${change.key}`;
      if (change.object === null) this.objects.delete(name);
      else this.objects.set(name, change);
    }
    this.epoch = head.epoch;
    this.seq = head.seq;
  }

  /** Asks for objects that are newer than its state. */
  async follow(control: Pick<TestControl, 'url' | 'node'>, waitMs = 0): Promise<FeedAnswer> {
    const answer = await readFeed(control, { epoch: this.epoch, since: this.seq, wait_ms: waitMs });
    this.apply(answer);
    return answer;
  }
}
