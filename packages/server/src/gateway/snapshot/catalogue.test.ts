import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SnapshotChange, SnapshotObject } from '@tulou/contract';
import { Catalogue } from './catalogue.ts';
import { KeyTable } from './key-table.ts';
import { State } from './state.ts';

const epoch = 'e1';
const hash = 'A'.repeat(43);
const credential = (n: number): string => String(n).padStart(33, '0');
const line = (seq: number, object: SnapshotObject): SnapshotChange => ({
  seq,
  kind: object.kind,
  key: object.key,
  tenant: object.kind === 'tenant' ? object.key : object.tenant,
  object,
});
const tenant = (n: number, state: 'active' | 'suspended' = 'active'): SnapshotObject => ({
  kind: 'tenant',
  key: `ten_${n}`,
  slug: `tenant-${n}`,
  state,
});
const app = (n: number): SnapshotObject => ({
  kind: 'app',
  key: `app_${n}`,
  tenant: 'ten_1',
  slug: `app-${n}`,
  state: 'active',
});
const key = (n: number, ofApp: number): SnapshotObject => ({
  kind: 'key',
  key: credential(n),
  id: `key_${n}`,
  tenant: 'ten_1',
  app: `app_${ofApp}`,
  environment: 'live',
  hash,
  expires_at: null,
});
const broken = (seq: number, kind: string, name: string): SnapshotChange => ({
  seq,
  kind,
  key: name,
  tenant: 'ten_1',
  object: { kind, key: name, slug: 42 },
});

/** A catalogue, and the state of a thread that follows it. */
class Follower {
  readonly catalogue = new Catalogue();
  state = new State(KeyTable.sized(0));
  seq = 0;

  full(...changes: SnapshotChange[]) {
    return this.#apply(true, changes);
  }

  delta(...changes: SnapshotChange[]) {
    return this.#apply(false, changes);
  }

  appOf(n: number): string | undefined {
    const record = this.state.keys.find(credential(n));
    return record === undefined ? undefined : this.state.appByIndex(record.app)?.key;
  }

  #apply(full: boolean, changes: SnapshotChange[]) {
    this.seq += 1;
    const applied = this.catalogue.apply({ epoch, seq: this.seq, full, count: changes.length }, changes);
    this.state = State.next(this.state, structuredClone(applied.message()));
    return applied;
  }
}

describe('the configuration', () => {
  it('never goes back: an older sequence, or a delta of another epoch, is refused', () => {
    const { catalogue } = new Follower();
    assert.notEqual(catalogue.refusal({ epoch, seq: 5, full: false, count: 0 }), undefined);
    catalogue.apply({ epoch, seq: 5, full: true, count: 0 }, []);
    assert.notEqual(catalogue.refusal({ epoch, seq: 4, full: false, count: 0 }), undefined);
    assert.notEqual(catalogue.refusal({ epoch, seq: 4, full: true, count: 0 }), undefined);
    assert.notEqual(catalogue.refusal({ epoch: 'e2', seq: 9, full: false, count: 0 }), undefined);
    assert.equal(catalogue.refusal({ epoch, seq: 5, full: false, count: 0 }), undefined);
    assert.equal(catalogue.refusal({ epoch: 'e2', seq: 1, full: true, count: 0 }), undefined);
  });

  it('keeps the last good state of a broken object, and everything else moves on', () => {
    const follower = new Follower();
    follower.full(line(1, tenant(1)), line(1, tenant(2)));
    const { quarantined } = follower.delta(broken(2, 'tenant', 'ten_1'), line(2, tenant(2, 'suspended')));
    assert.equal(quarantined.size, 1);
    assert.equal(follower.state.tenantBySlug('tenant-1')?.object?.state, 'active');
    assert.equal(follower.state.tenantBySlug('tenant-2')?.object?.state, 'suspended');
    assert.deepEqual([...follower.catalogue.quarantine.keys()], ['tenant ten_1']);
    follower.delta(line(3, tenant(1, 'suspended')));
    assert.equal(follower.catalogue.quarantined, 0);
    assert.equal(follower.state.tenantBySlug('tenant-1')?.object?.state, 'suspended');
  });

  it('keeps the last good state through a full answer, also of keys, and reports it for the disk', () => {
    const follower = new Follower();
    follower.full(line(1, tenant(1)), line(1, app(1)), line(1, key(7, 1)));
    const { carried } = follower.full(broken(2, 'tenant', 'ten_1'), line(2, app(1)), broken(2, 'key', credential(7)));
    assert.equal(follower.state.tenantBySlug('tenant-1')?.key, 'ten_1');
    assert.equal(follower.appOf(7), 'app_1');
    assert.deepEqual(
      carried.map(({ object }) => object),
      [tenant(1), key(7, 1)],
    );
  });

  it('quarantines an object under a false name, and an upstream that is no URL', () => {
    const follower = new Follower();
    const version = { kind: 'version', key: 'ver_1', tenant: 'ten_1', api: 'api_1', name: 'v1', state: 'live' };
    const rest = { access: 'open', operations: [], timeout_ms: 1, request_bytes_max: 1 };
    const dates = { deprecated_at: null, sunset_at: null };
    const { quarantined } = follower.full(
      { ...line(1, tenant(1)), key: 'ten_9' },
      { ...line(1, app(1)), tenant: 'ten_9' },
      ...['ftp://a', 'http://u:p@a', 'nonsense'].map((url, i) => ({
        seq: 1,
        kind: 'version',
        key: `ver_${i}`,
        tenant: 'ten_1',
        object: { ...version, ...rest, ...dates, key: `ver_${i}`, upstreams: [{ url, weight: 1 }] },
      })),
    );
    assert.equal(quarantined.size, 5);
    assert.equal(follower.catalogue.objectCount, 0);
  });

  it('counts objects of a kind that a newer control has: not broken, not in force, and removed when control removes them', () => {
    const follower = new Follower();
    const share = (seq: number, key: string, object: unknown): SnapshotChange => {
      return { seq, kind: 'share', key, tenant: 'ten_1', object };
    };
    const first = follower.full(line(1, tenant(1)), share(1, 'a', { any: 1 }), share(1, 'b', { kind: 'share' }));
    assert.deepEqual([first.quarantined.size, first.carried.length], [0, 0]);
    const { catalogue } = follower;
    assert.deepEqual([catalogue.unknown, catalogue.quarantined, catalogue.objectCount], [2, 0, 1]);
    assert.deepEqual([...catalogue.unknownKinds], ['share']);
    follower.delta(share(2, 'a', { any: 2 }), share(2, 'b', null), line(2, tenant(1, 'suspended')));
    assert.deepEqual([catalogue.unknown, catalogue.quarantined], [1, 0]);
    assert.equal(follower.state.tenantBySlug('tenant-1')?.object?.state, 'suspended');
    follower.full(line(3, tenant(1)));
    assert.equal(catalogue.unknown, 0);
  });

  it('knows no kind by a name that every object has', () => {
    const follower = new Follower();
    for (const kind of ['constructor', '__proto__', 'toString']) {
      follower.full({ seq: 1, kind, key: 'x', tenant: 'ten_1', object: { kind, key: 'x' } });
      assert.deepEqual([follower.catalogue.unknown, follower.catalogue.quarantined], [1, 0]);
    }
  });

  it('drops on a full answer every object that is absent from it', () => {
    const follower = new Follower();
    follower.full(line(1, tenant(1)), line(1, app(1)), line(1, key(1, 1)), line(1, key(2, 1)));
    follower.full(line(2, tenant(1)), line(2, app(1)), line(2, key(2, 1)));
    assert.equal(follower.appOf(1), undefined);
    assert.equal(follower.appOf(2), 'app_1');
    assert.equal(follower.catalogue.keyCount, 1);
  });

  it('finds each of thousands of keys through growth, removal and replacement of the table', () => {
    const follower = new Follower();
    follower.full(line(1, app(1)), line(1, app(2)));
    for (let from = 0; from < 3000; from += 100) {
      follower.delta(...Array.from({ length: 100 }, (_, i) => line(2, key(from + i, 1))));
      follower.delta({ ...line(3, key(from, 1)), object: null }, line(3, key(from + 1, 2)));
    }
    assert.equal(follower.catalogue.keyCount, 3000 - 30);
    for (let n = 0; n < 3000; n += 1) {
      assert.equal(follower.appOf(n), n % 100 === 0 ? undefined : n % 100 === 1 ? 'app_2' : 'app_1');
    }
  });

  it('gives the number of a removed app to no other', () => {
    const follower = new Follower();
    follower.full(line(1, app(1)), line(1, key(1, 1)));
    const before = follower.state.keys.find(credential(1))?.app;
    follower.delta({ ...line(2, app(1)), object: null }, { ...line(2, key(1, 1)), object: null });
    follower.delta(line(3, app(2)), line(3, key(2, 2)));
    assert.notEqual(follower.state.keys.find(credential(2))?.app, before);
    assert.equal(follower.appOf(2), 'app_2');
  });

  it('sends a thread that starts late the same state as the others have', () => {
    const follower = new Follower();
    follower.full(line(1, tenant(1)), line(1, app(1)), line(1, key(1, 1)));
    follower.delta(line(2, tenant(2)), line(2, key(2, 1)), { ...line(2, key(1, 1)), object: null });
    follower.state = State.build(structuredClone(follower.catalogue.everything()));
    assert.equal(follower.appOf(1), undefined);
    assert.equal(follower.appOf(2), 'app_1');
    assert.equal(follower.state.tenantBySlug('tenant-2')?.key, 'ten_2');
  });
});

describe('a record of the key table', () => {
  it('shows a thread that has verified it that the key has changed', () => {
    const follower = new Follower();
    follower.full(line(1, app(1)), line(1, key(1, 1)));
    const table = follower.state.keys;
    const seen = table.find(credential(1));
    assert.ok(seen !== undefined);
    assert.equal(table.unchanged(seen.slot, seen.generation), true);
    follower.delta(line(2, key(1, 1)));
    assert.equal(table.unchanged(seen.slot, seen.generation), false);
    const again = table.find(credential(1));
    follower.delta({ ...line(3, key(1, 1)), object: null });
    assert.equal(table.unchanged(again?.slot ?? 0, again?.generation ?? 0), false);
    assert.equal(table.find(credential(1)), undefined);
  });

  it('is never read half written', async () => {
    const { Worker } = await import('node:worker_threads');
    const table = KeyTable.sized(10);
    const write = (n: number): void => {
      const digit = String(n % 10);
      table.put(
        { ...(key(1, 1) as Extract<SnapshotObject, { kind: 'key' }>), id: digit.repeat(30), expires_at: n % 10 },
        n % 10,
        n,
      );
    };
    write(1);
    const reader = new Worker(
      new URL(
        `data:text/javascript,${encodeURIComponent(`
          import { parentPort, workerData } from 'node:worker_threads';
          import { KeyTable } from '${new URL('key-table.ts', import.meta.url).href}';
          const table = new KeyTable(workerData);
          const torn = [];
          let reads = 0;
          const seen = new Set();
          while (seen.size < 10 || reads < 20000) {
            const { id, app, expiresAtMs, generation } = table.find('${credential(1)}');
            seen.add(app);
            reads += 1;
            if (id !== String(app).repeat(30) || expiresAtMs !== app * 1000 || generation % 10 !== app) torn.push(id);
          }
          parentPort.postMessage(torn);`)}`,
      ),
      { workerData: table.memory },
    );
    const torn = await new Promise<string[]>((resolve, reject) => {
      reader.once('message', resolve).once('error', reject);
      let n = 1;
      let done = false;
      reader.once('exit', () => (done = true));
      const some = (): void => {
        for (let i = 0; i < 500; i += 1) write((n += 1));
        if (!done) setImmediate(some);
      };
      some();
    });
    assert.deepEqual(torn, []);
  });
});
