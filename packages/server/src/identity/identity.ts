/** The identity server: an OAuth 2 and OpenID Connect provider on the platform's listener. Needs PostgreSQL. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { acceptedLanguage, Problem } from '@tulou/contract';
import type { Mount } from '../http/listen.ts';
import type { AllowedClass } from '../http/address-guard.ts';
import type { HttpAnswer } from '../http/message.ts';
import { problemAnswer } from '../http/problem.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Measured } from '../kernel/metrics.ts';
import { newId, type Random } from '../kernel/random.ts';
import type { Store } from '../store/store.ts';
import type { IdentityAdmission } from './admission.ts';
import { openClients } from './clients/find.ts';
import type { Issuer } from './issuers/issuer.ts';
import { openIssuers, type Issuers } from './issuers/issuers.ts';
import { readAllKeys } from './keys/keys.ts';
import type { Vault } from '../kernel/seal.ts';
import { bodyBytesMax, endpointOf, isPage, ownsPath, pinToIssuer, protect } from './mount.ts';
import { openGuardedFetch } from './outbound/guarded-fetch.ts';
import type { metrics } from './plane.ts';
import { buildProvider } from './provider/provider.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';
import { isShown, refusedPage } from './web/refused.ts';

export interface IdentityOptions {
  /** The platform's origin: its issuer. */
  readonly platformUrl: string;
  /** Defines who may have an account at the platform: anyone with an e-mail address, or only invited people. */
  readonly signUp: Issuer['signUp'];
  /** How many issuers are kept ready; what is asked for beyond is built when it is. */
  readonly warmIssuers: number;
  /** Classes of addresses, besides public ones, at which clients may be notified of a logout. */
  readonly upstreamAllow: readonly AllowedClass[];
}

/** Answers what people see: sign-in, consent, their account. */
export type Interaction = (
  message: IncomingMessage,
  response: ServerResponse,
  provider: Provider,
  issuer: Issuer,
) => Promise<void>;

export interface IdentityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly vault: Vault;
  /** Absent: this node shows no pages, and their addresses are not its. */
  readonly interaction?: Interaction;
  /** Absent: every request is admitted immediately. */
  readonly admission?: IdentityAdmission;
}

export interface Identity extends Mount {
  stop(): Promise<void>;
}

/** Starts it: the platform's keys are there, and the gateways' snapshot names them, when this settles. */
export async function startIdentity(options: IdentityOptions, deps: IdentityDeps): Promise<Identity> {
  const { platformUrl: issuer, signUp } = options;
  const platform: Issuer = { issuer, tenantUuid: nilTenant, name: 'Tulou', accent: undefined, signUp };
  const fetch = openGuardedFetch({ allow: options.upstreamAllow }, deps);
  const parts = { ...deps, findClient: openClients(deps), fetch };
  const build = async (one: Issuer): Promise<Provider> => buildProvider(one, await readAllKeys(one, parts), parts);
  const issuers = await openIssuers(platform, options.warmIssuers, { ...parts, build });
  return {
    owns: (path) => ownsPath(path) && (deps.interaction !== undefined || !isPage(path)),
    handle: (message, response) => void answer(message, response, issuers, deps),
    stop: () => issuers.stop(),
  };
}

/** Measures requests by endpoint. Pages are one endpoint: their addresses hold what users sent. */
export function measureMount(mount: Mount, { requests, seconds }: Measured<typeof metrics>, clock: Clock): Mount {
  return {
    owns: (path) => mount.owns(path),
    handle(message, response) {
      const endpoint = endpointOf((message.url ?? '').split('?', 1)[0] ?? '');
      const begun = clock.monotonic();
      response.once('close', () => {
        requests.add([endpoint, `${Math.floor(response.statusCode / 100)}xx`]);
        seconds.observe([endpoint], (clock.monotonic() - begun) / 1000);
      });
      mount.handle(message, response);
    },
  };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  issuers: Issuers,
  deps: IdentityDeps,
): Promise<void> {
  const requestId = newId('request', deps.clock, deps.random);
  let issuer: Issuer | undefined;
  try {
    protect(response, requestId);
    if (Number(message.headers['content-length'] ?? 0) > bodyBytesMax) throw new Problem('content_too_large');
    issuer = issuers.find(message.headers.host);
    if (issuer === undefined) throw new Problem('host_unknown');
    pinToIssuer(message, issuer.issuer);
    const leave = await deps.admission?.enter(issuer.tenantUuid, message, response);
    try {
      await answerAt(issuer, message, response, issuers, deps);
    } finally {
      leave?.();
    }
  } catch (error) {
    const language = acceptedLanguage(message.headers['accept-language']);
    const problem = problemAnswer(error, requestId, deps.log, language);
    const [path = ''] = (message.url ?? '').split('?', 1);
    const isForPeople = (problem.status === 429 || problem.status === 503) && isShown(path, message.headers.accept);
    refuse(response, isForPeople && issuer !== undefined ? refusedPage(message, issuer, problem) : problem);
  }
}

async function answerAt(
  issuer: Issuer,
  message: IncomingMessage,
  response: ServerResponse,
  issuers: Issuers,
  deps: IdentityDeps,
): Promise<void> {
  const provider = await issuers.provider(issuer);
  const page = isPage((message.url ?? '').split('?', 1)[0] ?? '') ? deps.interaction : undefined;
  if (page !== undefined) await page(message, response, provider, issuer);
  else await provider.callback()(message, response);
}

function refuse(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { ...headers, connection: 'close' }).end(body);
}
