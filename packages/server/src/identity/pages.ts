/** THE TABLE of what people see of the identity server, under `/account/…` and `/oauth2/interaction/…`. */
import { errors, type Provider } from 'oidc-provider';
import { problemAnswer } from '../http/problem.ts';
import { Refusal, secondsOf } from '../http/refusal.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Store } from '../store/store.ts';
import { signedInPath } from './clients/account-client.ts';
import { account, accountPath, signedIn } from './account/places.ts';
import type { Act } from '../operations/acting.ts';
import type { Audit } from './acting.ts';
import { openProviders } from './federation/provider.ts';
import type { Interaction } from './identity.ts';
import { install, installPath } from './installing/install.ts';
import { inventory, inventoryPath } from './installing/inventory.ts';
import type { Vault } from '../kernel/seal.ts';
import type { Offers } from '../operations/offers.ts';
import { outbox, outboxPath } from './mail/outbox.ts';
import { brandOf } from './web/brand.ts';
import { passkeyScript, passkeyScriptPath } from './web/passkey-script.ts';
import { notice } from './web/views.ts';
import { openVisit, sendMissing, sendPage, type Visit } from './web/visit.ts';
import { openChallenges } from './people/challenges.ts';
import type { Hashing } from './people/hashing.ts';
import { openPasswords } from './people/password.ts';
import type { GuardedFetch } from './outbound/guarded-fetch.ts';
import type { PromptDeps } from './asking.ts';
import { chooseConnection, connectionPath, federate, federationPath } from './interaction/federation.ts';
import { invite, invitationPath } from './interaction/invitation.ts';
import { move, movePath } from './interaction/move.ts';
import { prompt } from './interaction/prompt.ts';
import { reset, resetPath } from './interaction/reset.ts';
import { signUp, signUpPath } from './interaction/sign-up.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';

export interface InteractionDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly vault: Vault;
  readonly act: Act;
  readonly audit: Audit;
  readonly bindMember: Offers['bindMember'];
  readonly provenDomainsOnly?: boolean | undefined;
  /** For the identity providers that tenants have set. */
  readonly fetch: GuardedFetch;
  /** Absent: a pool of its own. */
  readonly hashing?: Hashing;
}

interface Place {
  readonly methods: readonly string[];
  readonly path: RegExp;
  /** For members and operators: at a tenant's own issuer there is nothing at this address. */
  readonly ofPlatform?: true;
  readonly answer: (visit: Visit, provider: Provider, deps: PromptDeps) => Promise<void> | void;
}

const exactly = (path: string): RegExp => new RegExp(`^${path.replaceAll('.', String.raw`\.`)}$`);

/** A page that does not depend on who is signed in. */
const alone =
  (page: (visit: Visit, deps: PromptDeps) => Promise<void>): Place['answer'] =>
  (visit, _provider, deps) =>
    page(visit, deps);

const pages = ['GET', 'HEAD'];
const forms = [...pages, 'POST'];

// oxfmt-ignore
const places: readonly Place[] = [
  { methods: pages,    path: /^\/account\/style-[\w-]+\.css$/,          answer: sendStyle },
  { methods: forms,    path: exactly(invitationPath),                   ofPlatform: true, answer: alone(invite) },
  { methods: forms,    path: exactly(signUpPath),                       answer: alone(signUp) },
  { methods: forms,    path: exactly(movePath),                         answer: alone(move) },
  { methods: forms,    path: exactly(resetPath),                        answer: alone(reset) },
  { methods: forms,    path: exactly(federationPath),                   ofPlatform: true, answer: alone(chooseConnection) },
  { methods: ['GET'],  path: connectionPath,                            ofPlatform: true, answer: alone(federate) },
  { methods: forms,    path: /^\/oauth2\/interaction\/[\w-]+$/,         answer: prompt },
  { methods: forms,    path: accountPath,                               answer: account },
  { methods: pages,    path: exactly(signedInPath),                     answer: signedIn },
  { methods: pages,    path: exactly(passkeyScriptPath),                answer: sendScript },
  { methods: forms,    path: exactly(installPath),                      ofPlatform: true, answer: install },
  { methods: forms,    path: exactly(inventoryPath),                    ofPlatform: true, answer: inventory },
  { methods: forms,    path: exactly(outboxPath),                       ofPlatform: true, answer: alone(outbox) },
];

/** The pages of every issuer of this node. Keys come from the vault, so that form tokens hold on every node. */
export function openInteraction(deps: InteractionDeps): Interaction {
  const { vault } = deps;
  const formKey = vault.derive('forms');
  const challenges = openChallenges(vault.derive('challenges'), deps);
  const providers = openProviders(deps);
  const parts: PromptDeps = {
    ...deps,
    challenges,
    providers,
    passwords: openPasswords(deps.random, deps.clock, deps.hashing),
  };
  return async (message, response, provider, issuer) => {
    const visit = openVisit(message, response, { issuer, random: deps.random, formKey });
    const place = places.find(
      ({ path, methods, ofPlatform }) =>
        path.test(visit.path) &&
        methods.includes(message.method ?? '') &&
        (ofPlatform !== true || issuer.tenantUuid === nilTenant),
    );
    try {
      if (place === undefined) sendMissing(visit);
      else await place.answer(visit, provider, parts);
    } catch (error) {
      sendProblem(visit, error, deps.log);
    }
  };
}

/** The person sees a message in their language; the log has the cause. */
function sendProblem(visit: Visit, error: unknown, log: Log): void {
  const { response, told } = visit;
  if (response.headersSent) return void response.destroy();
  const say = told.problem;
  if (error instanceof errors.SessionNotFound) return sendPage(visit, 400, notice(say.stale, say.staleLead));
  const { status, headers } = problemAnswer(error, String(response.getHeader('tulou-request-id')), log);
  const wait = headers?.['retry-after'];
  if (wait !== undefined) response.setHeader('retry-after', wait);
  if (error instanceof Refusal)
    return sendPage(visit, status, notice(say.failed, told.signIn.wait(Number(secondsOf(error.waitMs)))));
  // The rest of the form is not read.
  response.setHeader('connection', 'close');
  sendPage(visit, status, status < 500 ? notice(say.form, say.formLead) : notice(say.failed, say.failedLead));
}

function sendStyle(visit: Visit): void {
  const { style, stylePath } = brandOf(visit.issuer);
  if (visit.path === stylePath) sendKept(visit, 'text/css', style);
  else sendMissing(visit);
}

function sendScript(visit: Visit): void {
  sendKept(visit, 'text/javascript', passkeyScript);
}

/** A text that browsers may cache: its address changes with it. */
function sendKept({ response, message }: Visit, type: string, text: string): void {
  response.removeHeader('set-cookie');
  response.setHeader('cache-control', 'public, max-age=31536000, immutable');
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(text) });
  response.end(message.method === 'HEAD' ? undefined : text);
}
