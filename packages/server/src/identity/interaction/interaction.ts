/** THE TABLE of what people see of the identity server, under `/account/…` and `/oauth2/interaction/…`. */
import { errors, type Provider } from 'oidc-provider';
import { problemAnswer } from '../../http/problem.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import type { Store } from '../../store/store.ts';
import type { Act, Audit } from '../acting.ts';
import type { Interaction } from '../identity.ts';
import { install, installPath } from '../installing/install.ts';
import { inventory, inventoryPath } from '../installing/inventory.ts';
import { openVault } from '../keys/seal.ts';
import { outbox, outboxPath } from '../mail/outbox.ts';
import { brandOf } from '../pages/brand.ts';
import { notice } from '../pages/views.ts';
import { openVisit, sendMissing, sendPage, type Visit } from '../pages/visit.ts';
import { openChallenges } from '../people/challenges.ts';
import { openPasswords } from '../people/password.ts';
import { nilTenant, type Publish } from '../publish.ts';
import type { PromptDeps } from './asking.ts';
import { invite, invitationPath } from './invitation.ts';
import { prompt } from './prompt.ts';
import { reset, resetPath } from './reset.ts';
import { signUp, signUpPath } from './sign-up.ts';

export interface InteractionDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly publish: Publish;
  readonly act: Act;
  readonly audit: Audit;
}

interface Place {
  readonly methods: readonly string[];
  readonly path: RegExp;
  /** For members and operators: at a tenant's own issuer there is nothing at this address. */
  readonly ofPlatform?: true;
  readonly answer: (visit: Visit, provider: Provider, deps: PromptDeps) => Promise<void> | void;
}

const exactly = (path: string): RegExp => new RegExp(`^${path.replaceAll('.', String.raw`\.`)}$`);

// oxfmt-ignore
const places: readonly Place[] = [
  { methods: ['GET', 'HEAD'],         path: /^\/account\/style-[\w-]+\.css$/,    answer: sendStyle },
  { methods: ['GET', 'HEAD', 'POST'], path: exactly(invitationPath),             ofPlatform: true, answer: (visit, _provider, deps) => invite(visit, deps) },
  { methods: ['GET', 'HEAD', 'POST'], path: exactly(signUpPath),                 answer: (visit, _provider, deps) => signUp(visit, deps) },
  { methods: ['GET', 'HEAD', 'POST'], path: exactly(resetPath),                  answer: (visit, _provider, deps) => reset(visit, deps) },
  { methods: ['GET', 'HEAD', 'POST'], path: /^\/oauth2\/interaction\/[\w-]+$/,   answer: prompt },
  { methods: ['GET', 'HEAD', 'POST'], path: exactly(installPath),                ofPlatform: true, answer: install },
  { methods: ['GET', 'HEAD'],         path: exactly(inventoryPath),              ofPlatform: true, answer: inventory },
  { methods: ['GET', 'HEAD', 'POST'], path: exactly(outboxPath),                 ofPlatform: true, answer: (visit, _provider, deps) => outbox(visit, deps) },
];

/** The pages of every issuer of this node. `masterKey`: as the identity server has it; form tokens hold on every node. */
export function openInteraction(masterKey: Uint8Array, deps: InteractionDeps): Interaction {
  const vault = openVault(masterKey, deps.random);
  const formKey = vault.derive('forms');
  const challenges = openChallenges(vault.derive('challenges'), deps);
  const parts: PromptDeps = { ...deps, vault, challenges, passwords: openPasswords(deps.random) };
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

/** The person is told in their language; what it was is in the log. */
function sendProblem(visit: Visit, error: unknown, log: Log): void {
  const { response, told } = visit;
  if (response.headersSent) return void response.destroy();
  const say = told.problem;
  if (error instanceof errors.SessionNotFound) return sendPage(visit, 400, notice(say.stale, say.staleLead));
  const { status, headers } = problemAnswer(error, String(response.getHeader('tulou-request-id')), log);
  const wait = headers?.['retry-after'];
  if (wait !== undefined) response.setHeader('retry-after', wait);
  // What is left of the form is not read.
  response.setHeader('connection', 'close');
  sendPage(visit, status, status < 500 ? notice(say.form, say.formLead) : notice(say.failed, say.failedLead));
}

function sendStyle(visit: Visit): void {
  const { response, message, issuer, path } = visit;
  const { style, stylePath } = brandOf(issuer);
  if (path !== stylePath) return sendMissing(visit);
  response.removeHeader('set-cookie');
  response.setHeader('cache-control', 'public, max-age=31536000, immutable');
  response.writeHead(200, { 'content-type': 'text/css; charset=utf-8', 'content-length': Buffer.byteLength(style) });
  response.end(message.method === 'HEAD' ? undefined : style);
}
