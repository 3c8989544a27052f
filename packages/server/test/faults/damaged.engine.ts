/**
 * Random damage to every file of a gateway's folder and to the small files of a platform's. Each case is a number that always
 * does the same damage. A revoked key is never accepted, a gap is never silent, and there is always a start or a message with
 * a remedy.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openIdentity } from '../../src/gateway/identity.ts';
import { takeDataFolder } from '../../src/gateway/data-lock.ts';
import { readFleetKey } from '../../src/gateway/fleet.ts';
import { readCheckpoint } from '../../src/gateway/limits/checkpoint.ts';
import { Configuration } from '../../src/gateway/snapshot/configuration.ts';
import { State } from '../../src/gateway/snapshot/state.ts';
import { Shipper } from '../../src/gateway/usage/ship.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { OperatorError } from '../../src/kernel/operator-error.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { openDataDirectory } from '../../src/up/data-directory.ts';
import { ensureMasterKey, readMasterKey } from '../../src/up/master-key.ts';
import { ensureToken, readToken } from '../../src/up/tokens.ts';
import {
  figure,
  isReady,
  newFolder,
  newKey,
  openGateway,
  openUpstream,
  scene,
  silent,
  StandInControl,
  until,
} from '../gateway/stand-in.ts';
import { chanceOf, damaged, quickFolder, readContents, writeContents, type Contents } from './damage.ts';

const gatewayCases = 1700;
const platformCases = 500;
const startedCases = 6;

const deps = { clock, random, log: silent, fetch };

/** A gateway's folder with a history: whole states, logs, a revoked key, counters, usage that control has not taken. */
interface Sample {
  readonly contents: Contents;
  readonly control: StandInControl;
  readonly good: string;
  readonly revoked: { readonly text: string; readonly id: string };
  readonly objects: number;
  readonly seq: number;
  readonly calls: number;
  close(): Promise<void>;
}

async function makeSample(): Promise<Sample> {
  const folder = newFolder();
  const control = await new StandInControl().start();
  const upstream = await openUpstream();
  const limits = [{ requests: 1000, per: 'hour' as const, by: 'key' as const }];
  const world = scene(upstream.url, { plan: { limits } });
  const revoked = newKey(2, world.app, world.developer);
  control.put(...world.objects, revoked.object);
  control.refusesUsage = true;
  const call = (url: string, key: string) => fetch(`${url}/acme/orders/v1/orders/1`, { headers: { 'x-api-key': key } });
  let calls = 0;
  for (let boot = 0; boot < 3; boot += 1) {
    const gateway = await openGateway(control.url, folder.path);
    await until('ready', isReady(gateway.admin));
    const taken = () =>
      until('taken', async () => (await figure(gateway.admin, 'tulou_gateway_snapshot_seq')) === control.seq);
    for (; calls < (boot + 1) * 5; calls += 1) await (await call(gateway.url, world.key.text)).text();
    control.put({ ...world.plan, slug: `boot${boot}` });
    await taken();
    if (boot === 1) control.drop(revoked.object);
    await taken();
    await gateway.role.stop();
  }
  const contents = readContents(folder.path);
  const configuration = new Configuration({ ...feed, folder: join(folder.path, 'snapshot') }, deps);
  configuration.load();
  const { objects, seq } = configuration.figures();
  await configuration.close();
  return {
    contents,
    control,
    good: world.key.text,
    revoked: { text: revoked.text, id: revoked.object.key },
    objects,
    seq,
    calls,
    async close() {
      folder.remove();
      await control.stop();
      await upstream.close();
    },
  };
}

const feed = { controlUrl: 'http://127.0.0.1:9', nodeToken: 'none', tell: (): void => undefined };

/** An error must name an action. */
function needsRemedy(error: unknown, words: string): void {
  assert.ok(error instanceof OperatorError, `${words}: ${error instanceof Error ? error.stack : String(error)}`);
  assert.notEqual(error.remedy, '', words);
}

describe('a gateway', () => {
  let sample: Sample;
  const place = quickFolder();
  const folder = join(place.path, 'gateway');
  before(async () => void (sample = await makeSample()));
  after(async () => {
    await sample.close();
    place.remove();
  });

  /** Reads what a start reads, in its order, without threads. Returns whether the gateway would serve that state. */
  async function start(words: string): Promise<boolean> {
    const lock = takeDataFolder(folder, silent);
    try {
      openIdentity(folder, deps);
      readFleetKey(folder, silent);
      readCheckpoint(folder, deps);
      await shipped(words);
      const configuration = new Configuration({ ...feed, folder: join(folder, 'snapshot') }, deps);
      configuration.load();
      const message = configuration.everything();
      if (message !== undefined) {
        const { objects, seq } = configuration.figures();
        assert.equal(State.build(message).keys.find(sample.revoked.id), undefined, `${words}: a revoked key`);
        assert.deepEqual([objects, seq], [sample.objects, sample.seq], `${words}: a silent gap`);
      } else assert.match(configuration.unready() ?? '', /configuration/, words);
      await configuration.close();
      return message !== undefined;
    } finally {
      lock.release();
    }
  }

  /** Sends all usage to control. Missing usage must have been reported. */
  async function shipped(words: string): Promise<void> {
    const usage = join(folder, 'usage');
    let requests = 0;
    const take: typeof fetch = async (_url, init) => {
      const text = process
        .getBuiltinModule('zlib')
        .gunzipSync(init?.body as Uint8Array)
        .toString();
      for (const row of (JSON.parse(text) as { rows: { requests: number }[] }).rows) requests += row.requests;
      return new Response(null, { status: 204 });
    };
    const shipper = new Shipper(
      { folder: usage, controlUrl: 'http://control.test', nodeToken: '' },
      { ...deps, fetch: take },
    );
    shipper.recover('');
    const running = shipper.run();
    while (shipper.segments > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    shipper.stop();
    await running;
    assert.ok(requests <= sample.calls, `${words}: calls that nobody made`);
    const isTold =
      shipper.damaged > 0 || /(remove|swap|more|rubbish)[^,]* usage/.test(words) || /swap .*usage/.test(words);
    if (requests < sample.calls) assert.ok(isTold, `${words}: ${requests} of ${sample.calls} calls`);
  }

  it('reads what it wrote', async () => {
    writeContents(folder, sample.contents);
    assert.equal(await start('nothing'), true);
    assert.equal(sample.objects, 8);
  });

  it(`starts from ${gatewayCases} damaged folders, with all that was known or with nothing`, async (t) => {
    let served = 0;
    for (let seed = 1; seed <= gatewayCases; seed += 1) {
      const { contents, words } = damaged(sample.contents, chanceOf(seed));
      writeContents(folder, contents);
      try {
        if (await start(`case ${seed}, ${words}`)) served += 1;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        needsRemedy(error, `case ${seed}, ${words}`);
      }
    }
    t.diagnostic(`${served} of ${gatewayCases} serve without control`);
    assert.ok(served > gatewayCases / 2, `only ${served} serve: copies are worth nothing`);
  });

  it('refuses a revoked key from any damaged folder, with control and without, in a real process', async () => {
    const { control, good, revoked } = sample;
    for (let seed = 10_001; seed <= 10_000 + startedCases; seed += 1) {
      const { contents, words } = damaged(sample.contents, chanceOf(seed));
      writeContents(folder, contents);
      const call = async (url: string, key: string): Promise<number> =>
        (await fetch(`${url}/acme/orders/v1/orders/1`, { headers: { 'x-api-key': key } })).status;
      await control.stop();
      const gateway = await openGateway(control.url, folder);
      for (let i = 0; i < 4; i += 1) assert.notEqual(await call(gateway.url, revoked.text), 200, words);
      await control.start();
      await until(`${words}: ready`, isReady(gateway.admin));
      await until(`${words}: served`, async () => (await call(gateway.url, good)) === 200);
      for (let i = 0; i < 4; i += 1) assert.equal(await call(gateway.url, revoked.text), 401, words);
      await gateway.role.stop();
    }
  });
});

describe('a platform', () => {
  it(`starts from ${platformCases} damaged folders, or says what to do`, async () => {
    const place = quickFolder();
    const data = join(place.path, 'data');
    const start = async (): Promise<void> => {
      const directory = await openDataDirectory(data, false, clock);
      try {
        await directory.confirm();
        for (const kind of ['operator', 'node'] as const) {
          await ensureToken(join(data, `${kind}.token`), kind, random);
          await readToken(join(data, `${kind}.token`), kind);
        }
        await ensureMasterKey(join(data, 'master.key'), random);
        await readMasterKey(join(data, 'master.key'));
        await directory.lock.announce({ platform: 'http://127.0.0.1:1' });
      } finally {
        directory.lock.release();
      }
    };
    await start();
    const contents = readContents(data);
    assert.ok(contents.size >= 6, [...contents.keys()].join(' '));
    let started = 0;
    for (let seed = 1; seed <= platformCases; seed += 1) {
      const { contents: after, words } = damaged(contents, chanceOf(seed));
      writeContents(data, after);
      await start().then(
        () => (started += 1),
        (error: unknown) => needsRemedy(error, `case ${seed}, ${words}`),
      );
    }
    assert.ok(started > 0 && started < platformCases, `${started} started`);
    place.remove();
  });
});
