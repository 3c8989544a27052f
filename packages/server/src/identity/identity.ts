/** The identity server: an OAuth 2 and OpenID Connect provider on the platform's listener. Needs PostgreSQL. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { Problem } from '@tulou/contract';
import type { Mount } from '../http/listen.ts';
import type { AllowedClass } from '../http/address-guard.ts';
import { problemAnswer } from '../http/problem.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { newId, type Random } from '../kernel/random.ts';
import type { Store } from '../store/store.ts';
import { openClients } from './clients/find.ts';
import { ensureKeys, keysChannel, keysMark, readKeys, rotateIfDue, type IssuerRef, type KeyDeps } from './keys/keys.ts';
import { openVault } from './keys/seal.ts';
import { bodyBytesMax, isPage, ownsPath, pinToIssuer, protect } from './mount.ts';
import { openGuardedFetch } from './outbound/guarded-fetch.ts';
import { openPool, type Pool } from './provider/pool.ts';
import { buildProvider } from './provider/provider.ts';
import { nilTenant, type Publish } from './publish.ts';

export interface IdentityOptions {
  /** The platform's origin: its issuer. */
  readonly platformUrl: string;
  /** 32 bytes, the same on every node. */
  readonly masterKey: Uint8Array;
  /** Classes of addresses, beside public ones, at which clients may be told of a logout. */
  readonly upstreamAllow: readonly AllowedClass[];
}

/** Answers what people see: sign-in, consent, their account. */
export type Interaction = (
  message: IncomingMessage,
  response: ServerResponse,
  provider: Provider,
  issuer: IssuerRef,
) => Promise<void>;

export interface IdentityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly publish: Publish;
  /** Absent: this node shows no pages, and their addresses are not its. */
  readonly interaction?: Interaction;
}

export interface Identity extends Mount {
  stop(): Promise<void>;
}

const providersMax = 500;
/** How long a node may go on with old keys where it missed the announcement. */
const lookMs = 5000;
const scheduleMs = 60 * 60_000;

/** Starts it: the issuer's keys are there, and the gateways' snapshot names them, when this settles. */
export async function startIdentity(options: IdentityOptions, deps: IdentityDeps): Promise<Identity> {
  const { store, clock, log } = deps;
  const vault = openVault(options.masterKey, deps.random);
  const issuer: IssuerRef = { issuer: options.platformUrl, tenantUuid: nilTenant };
  const keyDeps: KeyDeps = { ...deps, vault };
  const fetch = openGuardedFetch({ allow: options.upstreamAllow }, deps);
  const parts = { ...deps, vault, findClient: openClients(deps), fetch };
  await ensureKeys(issuer, keyDeps);
  const build = async (): Promise<Provider> => buildProvider(issuer, await readKeys(issuer, keyDeps), parts);
  const pool = openPool(build, providersMax);
  let mark = await keysMark(issuer, deps);
  const look = async (): Promise<void> => {
    const found = await keysMark(issuer, deps);
    if (found === mark) return;
    await pool.renew(issuer.issuer);
    mark = found;
  };
  const trying = (work: () => Promise<void>) => (): Promise<void> =>
    work().catch((error: unknown) => log.warn({ cause: String(error) }, 'the issuer could not look after its keys'));
  const timers = [
    clock.every(lookMs, trying(look)),
    clock.every(
      scheduleMs,
      trying(() => rotateIfDue(issuer, keyDeps)),
    ),
  ];
  const unlisten = await store.listen(keysChannel, () => void trying(look)());
  return {
    owns: (path) => ownsPath(path) && (deps.interaction !== undefined || !isPage(path)),
    handle: (message, response) => void answer(message, response, issuer, pool, deps),
    async stop() {
      for (const timer of timers) timer.cancel();
      await unlisten();
    },
  };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  issuer: IssuerRef,
  pool: Pool<Provider>,
  deps: IdentityDeps,
): Promise<void> {
  const requestId = newId('request', deps.clock, deps.random);
  try {
    protect(response, requestId);
    if (Number(message.headers['content-length'] ?? 0) > bodyBytesMax) throw new Problem('body_too_large');
    pinToIssuer(message, issuer.issuer);
    const provider = await pool.get(issuer.issuer);
    const page = isPage((message.url ?? '').split('?', 1)[0] ?? '') ? deps.interaction : undefined;
    if (page !== undefined) await page(message, response, provider, issuer);
    else await provider.callback()(message, response);
  } catch (error) {
    refuse(response, error, requestId, deps.log);
  }
}

function refuse(response: ServerResponse, error: unknown, requestId: string, log: Log): void {
  const { status, headers, body } = problemAnswer(error, requestId, log);
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { ...headers, connection: 'close' }).end(body);
}
