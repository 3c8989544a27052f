import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decide, drainMsMax, freeInstance } from './decide.ts';
import { isFallback, routeOf } from './split.ts';
import {
  instanceEnds,
  instanceListens,
  instanceStarts,
  newService,
  retarget,
  startFails,
  type InstanceState,
  type RevisionState,
  type RevisionTarget,
  type ServiceState,
} from './state.ts';

const target = (id: string, over: Partial<RevisionTarget> = {}): RevisionTarget => ({
  ...{ id, weight: 100, min: 0, max: 4, idleMs: 60_000, concurrency: 10, startTimeoutMs: 5000 },
  ...over,
});

/** A service with a clock that the test moves, and a driver that the test answers for. */
class World {
  readonly service: ServiceState = newService();
  nowMs = 1_000_000;
  #ids = 0;

  release(name: string, ...targets: readonly RevisionTarget[]): this {
    retarget(this.service, name, targets);
    return this.settle();
  }

  /** Applies actions until there are none. Instances that it stops end within the step. */
  settle(): this {
    for (let i = 0; i < 100; i += 1) {
      const actions = decide(this.service, this.nowMs);
      if (actions.length === 0) return this;
      for (const action of actions) {
        if (action.kind === 'start') instanceStarts(action.revision, `isn_${(this.#ids += 1)}`, this.nowMs);
        else if (action.kind === 'forget') this.service.revisions.delete(action.revision.target.id);
        else if (action.kind === 'drain') Object.assign(action.instance, { phase: 'draining', sinceMs: this.nowMs });
        else {
          Object.assign(action.instance, { phase: 'stopping', fault: action.fault });
          instanceEnds(action.revision, action.instance, 'stopped', this.nowMs);
        }
      }
    }
    return assert.fail('decisions have no end');
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this.settle();
  }

  revision(id: string): RevisionState {
    return this.service.revisions.get(id) ?? assert.fail(`no revision ${id}`);
  }

  instances(id: string): InstanceState[] {
    return [...(this.service.revisions.get(id)?.instances.values() ?? [])];
  }

  listen(id: string): this {
    for (const instance of this.instances(id)) instanceListens(this.revision(id), instance, this.nowMs);
    return this.settle();
  }

  end(id: string, detail = 'exit 1'): this {
    for (const instance of this.instances(id)) instanceEnds(this.revision(id), instance, detail, this.nowMs);
    return this.settle();
  }
}

const routedIds = (world: World): Set<string | undefined> =>
  new Set(Array.from({ length: 100 }, (_, i) => routeOf(world.service, i / 100).revision?.target.id));

describe('a first release', () => {
  test('one instance is started to prove it, though none is asked for', () => {
    const world = new World().release('1', target('a'));
    assert.equal(world.instances('a').length, 1);
    world.listen('a').pass(60_000);
    assert.equal(world.instances('a').length, 0, 'and goes after the idle time');
    assert.deepEqual(routedIds(world), new Set(['a']));
  });

  test('calls wait for it while it starts', () => {
    assert.deepEqual(routedIds(new World().release('1', target('a'))), new Set(['a']));
  });

  test('a revision that ends before it listens has failed, gets no call, and is not started again', () => {
    const world = new World().release('1', target('a')).end('a', 'SyntaxError');
    const route = routeOf(world.service, 0.5);
    assert.ok(route.revision === undefined && route.detail.includes('SyntaxError'));
    world.pass(600_000);
    assert.equal(world.instances('a').length, 0);
  });

  test('a revision that does not listen in time has failed', () => {
    const world = new World().release('1', target('a', { startTimeoutMs: 5000 })).pass(4999);
    assert.equal(world.instances('a').length, 1);
    world.pass(1);
    assert.equal(world.revision('a').proof, 'failed');
    assert.match(world.revision('a').detail ?? '', /5000 ms/);
  });

  test('a new release tries a failed revision again', () => {
    const world = new World().release('1', target('a')).end('a').release('2', target('a'));
    assert.equal(world.revision('a').proof, 'pending');
    assert.equal(world.instances('a').length, 1);
  });

  test('a host that can not start instances keeps trying, more slowly each time', () => {
    const world = new World().release('1', target('a'));
    const gaps: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const begun = world.nowMs;
      const [instance = assert.fail()] = world.instances('a');
      startFails(world.revision('a'), instance, 'no room', world.nowMs);
      while (world.instances('a').length === 0) world.pass(100);
      gaps.push(world.nowMs - begun);
    }
    assert.equal(world.revision('a').proof, 'pending');
    assert.deepEqual(
      gaps,
      gaps.toSorted((a, b) => a - b),
    );
    assert.ok(
      gaps.every((gap) => gap >= 200 && gap <= 30_100),
      gaps.join(),
    );
  });
});

describe('a second release', () => {
  const proven = (): World => new World().release('1', target('a')).listen('a');

  test('the first keeps all calls until the second is ready, and is drained then', () => {
    const world = proven().release('2', target('b'));
    assert.deepEqual(routedIds(world), new Set(['a']));
    const [old = assert.fail()] = world.instances('a');
    old.calls = 1;
    world.listen('b');
    assert.deepEqual(routedIds(world), new Set(['b']));
    assert.equal(old.phase, 'draining');
    old.calls = 0;
    world.settle();
    assert.equal(world.service.revisions.has('a'), false);
  });

  test('the first keeps all calls where the second fails at its start', () => {
    const world = proven().release('2', target('b')).end('b').pass(600_000);
    assert.deepEqual(routedIds(world), new Set(['a']));
  });

  test('a canary gets no call before it is ready, and its share after', () => {
    const split = [target('a', { weight: 90 }), target('b', { weight: 10 })];
    const world = proven().release('2', ...split);
    assert.deepEqual(routedIds(world), new Set(['a']));
    world.listen('b');
    const hits = Array.from({ length: 100 }, (_, i) => routeOf(world.service, i / 100).revision?.target.id);
    assert.equal(hits.filter((id) => id === 'b').length, 10);
  });

  test('a revision of weight 0 is proven, and gets no call', () => {
    const world = proven()
      .release('2', target('a'), target('b', { weight: 0, min: 2 }))
      .listen('b');
    assert.deepEqual(routedIds(world), new Set(['a']));
    assert.equal(world.revision('b').proof, 'ready');
  });

  test('calls of a drained instance are cut after the bound', () => {
    const world = proven();
    for (const instance of world.instances('a')) instance.calls = 1;
    world
      .release('2', target('b'))
      .listen('b')
      .pass(drainMsMax - 1);
    assert.equal(world.instances('a').length, 1);
    world.pass(1);
    assert.equal(world.instances('a').length, 0);
  });

  test('a service that is no longer named ends', () => {
    const world = proven().release('', ...[]);
    assert.equal(world.service.revisions.size, 0);
  });
});

describe('scale', () => {
  test('as many instances as its calls need, and at most its maximum', () => {
    const world = new World().release('1', target('a', { concurrency: 10, max: 4 })).listen('a');
    world.revision('a').waiting = 25;
    world.settle();
    assert.equal(world.instances('a').length, 3);
    world.revision('a').waiting = 2500;
    world.settle();
    assert.equal(world.instances('a').length, 4);
  });

  test('an instance that crashes is started again after a pause, which grows', () => {
    const world = new World()
      .release('1', target('a', { min: 1 }))
      .listen('a')
      .end('a');
    assert.equal(world.instances('a').length, 0);
    world.pass(200).listen('a').end('a').pass(200);
    assert.equal(world.instances('a').length, 0);
    world.pass(200);
    assert.equal(world.instances('a').length, 1);
    assert.equal(world.revision('a').restarts, 2);
  });
});

type Step = readonly [
  kind: 'listen' | 'end' | 'refuse' | 'wait' | 'take' | 'finish' | 'pass' | 'release',
  value: number,
];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom('listen', 'end', 'refuse', 'wait', 'take', 'finish', 'pass', 'release'),
    fc.nat({ max: 1000 }),
  ),
  { maxLength: 80 },
);

function apply(world: World, [kind, value]: Step): void {
  const revisions = [...world.service.revisions.values()];
  const revision = revisions[value % Math.max(1, revisions.length)];
  const instances = [...(revision?.instances.values() ?? [])];
  const instance = instances[value % Math.max(1, instances.length)];
  if (kind === 'pass') world.nowMs += value * 20;
  else if (kind === 'release') {
    const weight = value % 101;
    const names = ['a', 'b', 'c'].map((name, i) => target(name, { min: i, weight: i === 0 ? weight : 100 - weight }));
    retarget(world.service, `r${value}`, names.slice(value % 2, 2 + (value % 2)));
  } else if (revision === undefined) return;
  else if (kind === 'wait') revision.waiting = Math.min(revision.waiting + (value % 30), 100);
  else if (instance === undefined) return;
  else if (kind === 'listen') instanceListens(revision, instance, world.nowMs);
  else if (kind === 'end') instanceEnds(revision, instance, 'ended', world.nowMs);
  else if (kind === 'refuse' && instance.phase === 'starting') startFails(revision, instance, 'refused', world.nowMs);
  else if (kind === 'finish') instance.calls = Math.max(0, instance.calls - 1);
  else if (kind === 'take') {
    const free = freeInstance(revision);
    if (free === undefined || revision.waiting === 0) return;
    free.calls += 1;
    revision.waiting -= 1;
  }
}

describe('any history', () => {
  test('bounds hold, a failed revision gets no call, and the host comes to rest', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const world = new World().release('0', target('a'));
        for (const step of history) {
          apply(world, step);
          world.settle();
          check(world);
        }
        rest(world);
      }),
      { numRuns: 500 },
    );
  });
});

function check(world: World): void {
  for (const revision of world.service.revisions.values()) {
    const live = [...revision.instances.values()].filter(({ phase }) => phase === 'starting' || phase === 'ready');
    assert.ok(live.length <= revision.target.max, 'never more than the maximum');
    assert.ok(live.every(({ calls }) => calls <= revision.target.concurrency));
    if (revision.proof === 'failed') assert.equal(live.length, 0, 'a failed revision runs nowhere');
    if (revision.proof === 'pending') assert.ok(live.length <= 1, 'one instance proves a revision');
  }
  for (const roll of [0, 0.3, 0.7, 0.999]) {
    const { revision } = routeOf(world.service, roll);
    if (revision !== undefined) assert.notEqual(revision.proof, 'failed');
    if (revision !== undefined) assert.ok(revision.isTargeted || isFallback(world.service, revision));
  }
}

/** Without calls and faults, what is kept is ready and at its minimum, and all else is away. */
function rest(world: World): void {
  for (let i = 0; i < 20; i += 1) {
    for (const [id, revision] of world.service.revisions) {
      revision.waiting = 0;
      for (const instance of revision.instances.values()) instance.calls = 0;
      world.listen(id);
    }
    world.pass(60_000);
  }
  for (const revision of world.service.revisions.values()) {
    const { isTargeted, proof } = revision;
    const { min, weight } = revision.target;
    const isKept = (isTargeted && proof === 'ready') || isFallback(world.service, revision);
    const expected = isKept && (weight > 0 || !isTargeted) ? min : 0;
    assert.equal(revision.instances.size, expected, `${revision.target.id} ${proof}`);
  }
}
