/** The issuers that this node serves: which there are, the providers of those in use, and the schedule of their keys. */
import type Provider from 'oidc-provider';
import { must } from '../../kernel/assert.ts';
import type { Log } from '../../kernel/log.ts';
import { ensureKeys, findDue, issuersChannel, rotateIfDue, type KeyDeps } from '../keys/keys.ts';
import { openPool } from './pool.ts';
import { openDirectory } from './directory.ts';
import type { Issuer } from './issuer.ts';

export interface Issuers {
  /** By the `Host` field of a request, without a query; undefined: no issuer has it. */
  find(host: string | undefined): Issuer | undefined;
  provider(issuer: Issuer): Promise<Provider>;
  stop(): Promise<void>;
}

interface IssuersDeps extends KeyDeps {
  readonly log: Log;
  readonly build: (issuer: Issuer) => Promise<Provider>;
}

/** How long a node may go on with what was, where it missed the announcement. */
const lookMs = 5000;
const scheduleMs = 60 * 60_000;

/** Starts it: the platform's keys are there, and the gateways' snapshot names them, when this settles. */
export async function openIssuers(platform: Issuer, providersMax: number, deps: IssuersDeps): Promise<Issuers> {
  const { store, clock, log } = deps;
  await ensureKeys(platform, deps);
  const directory = await openDirectory(platform, store, log);
  const pool = openPool(
    (url) => deps.build(must(directory.byUrl(url), 'an issuer was found by its host')),
    providersMax,
  );
  const look = oneAtATime(async () => {
    for (const url of await directory.look()) {
      if (directory.byUrl(url) === undefined) pool.drop(url);
      // One that can't be built now is built when it is asked for: it must not go on with what was.
      else await pool.renew(url).catch(() => pool.drop(url));
    }
  });
  const rotate = async (): Promise<void> => {
    for (const tenantUuid of await findDue(deps)) {
      const issuer = directory.of(tenantUuid);
      if (issuer !== undefined) await rotateIfDue(issuer, deps);
    }
  };
  const trying = (work: () => Promise<void>) => (): Promise<void> =>
    work().catch((error: unknown) => log.warn({ cause: String(error) }, 'the issuers could not be looked after'));
  const timers = [clock.every(lookMs, trying(look)), clock.every(scheduleMs, trying(rotate))];
  const unlisten = await store.listen(issuersChannel, () => void trying(look)());
  return {
    find: (host) => directory.find(host),
    provider: (issuer) => pool.get(issuer.issuer),
    async stop() {
      for (const timer of timers) timer.cancel();
      await unlisten();
    },
  };
}

/** Callers that ask during a run share one further run. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = (): Promise<void> => {
    next = undefined;
    running = work().finally(() => (running = undefined));
    return running;
  };
  return () => (running === undefined ? run() : (next ??= running.catch(() => undefined).then(run)));
}
