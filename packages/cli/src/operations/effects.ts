/**
 * The consequences of destructive and breaking operations, as a table: operation → what to read first → the sentences that
 * the user sees before they confirm. An operation without an entry asks nothing, except DELETE, which always asks.
 */
import type { Operation } from '@tulou/contract';
import { apis } from '@tulou/contract/operations/apis';
import { apps } from '@tulou/contract/operations/apps';
import { clients } from '@tulou/contract/operations/clients';
import { installedApps } from '@tulou/contract/operations/installations';
import { keys } from '@tulou/contract/operations/keys';
import { plans } from '@tulou/contract/operations/plans';
import { releases } from '@tulou/contract/operations/releases';
import { revisions } from '@tulou/contract/operations/revisions';
import { subscribers, subscriptions } from '@tulou/contract/operations/subscriptions';
import { users } from '@tulou/contract/operations/users';
import { versions } from '@tulou/contract/operations/versions';
import { say, type Text } from '../language/say.ts';
import { breaksOf } from './breaks.ts';
import { callsOf, countOf, fieldsAt, namesOf, type Subject } from './reads.ts';
import { isDestructive } from './registry.ts';

export interface Effect {
  /** `always`: the user must confirm. `if found`: only if there is something to say. */
  readonly asks: 'always' | 'if found';
  readonly read: (subject: Subject) => Promise<readonly Text[]>;
}

const always = (read: Effect['read']): Effect => ({ asks: 'always', read });
const ifFound = (read: Effect['read']): Effect => ({ asks: 'if found', read });
const states =
  (...sentences: readonly Text[]): Effect['read'] =>
  () =>
    Promise.resolve(sentences);

const table: Readonly<Record<string, Effect>> = {
  'tenants.delete': always(async (subject) => [
    ...(await tenantStops(subject)),
    'After the grace period all its data is deleted for good.',
  ]),
  'tenants.suspend': always(tenantStops),
  'apis.delete': always(async (subject) => [
    ...(await listed(subject, versions.list, (names, count) => say`Deleted versions (${count}): ${names}.`)),
    ...(await listed(subject, plans.list, (names, count) => say`Deleted plans (${count}): ${names}.`)),
    ...(await subscribed(subject, { api: subject.params['api'] ?? '' })),
    ...(await callsOf(subject, { api: subject.params['api'] ?? '', side: 'provider' })),
  ]),
  'versions.update': ifFound(breaksOf),
  'versions.delete': always(async (subject) => {
    const { id } = await fieldsAt(subject, versions.get);
    return callsOf(subject, { version: String(id), side: 'provider' });
  }),
  'services.delete': always(async (subject) => [
    'Its instances stop in every environment.',
    ...(await listed(subject, revisions.list, (_, count) => say`Deleted revisions: ${count}.`)),
  ]),
  'releases.delete': always(async (subject) => {
    const { current, environment } = await fieldsAt(subject, releases.get);
    return current === true ? [say`The service stops in the environment ${String(environment)}.`] : [];
  }),
  'plans.delete': always(async (subject) =>
    subscribed(subject, { api: subject.params['api'] ?? '' }, subject.params['plan']),
  ),
  'scopes.delete': always(states('Every app, installation and token loses this scope. Its name cannot be used again.')),
  'apps.delete': always(async (subject) => [
    ...(await listed(subject, keys.list, (_, count) => say`Revoked API keys: ${count}.`)),
    ...(await listed(subject, clients.list, (names, count) => say`Deleted OAuth clients (${count}): ${names}.`)),
    ...(await appStops(subject)),
  ]),
  'apps.block': always(appStops),
  'apps.update': ifFound(async (subject) => (subject.body['state'] === 'suspended' ? appStops(subject) : [])),
  'keys.delete': always(keyStops),
  'keys.rotate': ifFound(async (subject) => (subject.body['overlap_seconds'] === 0 ? keyStops(subject) : [])),
  'clients.delete': always(states('Every gateway rejects the tokens of this client immediately.')),
  'clients.rotate': ifFound((subject) =>
    Promise.resolve(
      (subject.body['overlap_seconds'] ?? 0) === 0
        ? ['The current secret stops working immediately. With --overlap-seconds both secrets work for a time.']
        : [],
    ),
  ),
  'subscriptions.delete': always(async (subject) => {
    const { app, api_id: api } = await fieldsAt(subject, subscriptions.get);
    return [
      say`The app "${String(app)}" can no longer call this API.`,
      ...(await callsOf(subject, { app: String(app), api: String(api) })),
    ];
  }),
  'subscribers.delete': always(subscriberStops),
  'subscribers.suspend': always(subscriberStops),
  'installations.delete': always(states('Every gateway rejects the tokens of this app for this tenant.')),
  'installations.pause': always(
    states('Every gateway rejects the tokens of this app for this tenant until you resume it.'),
  ),
  'members.delete': always(states('All tokens of this member are revoked.')),
  'tokens.revoke': always(states('Programs that use this token can no longer sign in.')),
  'operators.delete': always(states('This person can no longer run operator commands.')),
  'people.disable': always(states('This person is signed out everywhere, and their tokens are rejected.')),
  'people.recover': always(
    states('This removes all second factors of this person and signs them out. Verify their identity first.'),
  ),
  'users.disable': always(states('This user is signed out everywhere, and their tokens are rejected.')),
  'users.recover': always(
    states('This removes all second factors of this user and signs them out. Verify their identity first.'),
  ),
  'users.delete': always(states('All data of this user is deleted for good, and their tokens are rejected.')),
  'connections.delete': always(
    states('Users who signed in with this provider are signed out and must be invited again.'),
  ),
  'connections.update': ifFound((subject) =>
    Promise.resolve(
      subject.body['state'] === 'paused' ? ['Users who signed in with this provider are signed out.'] : [],
    ),
  ),
  'issuers.put': ifFound((subject) =>
    Promise.resolve(
      subject.body['state'] === 'paused'
        ? ['No one can sign in, and every gateway rejects the tokens of this issuer.']
        : [],
    ),
  ),
  'issuers.revoke': always(states('Every gateway rejects the tokens that this key signed. Users must sign in again.')),
  'issuers.delete': always(async (subject) => [
    ...(await listed(subject, users.list, (_, count) => say`Users deleted for good: ${count}.`)),
    'Every gateway rejects the tokens of this issuer.',
  ]),
};

/** The effect of an operation; undefined if it never asks. */
export const effectOf = (operation: Operation): Effect | undefined =>
  table[operation.id] ?? (isDestructive(operation) ? always(states()) : undefined);

/** The operations of the table, for its test. */
export const effectIds: readonly string[] = Object.keys(table);

/** A sentence about a list of objects, if there are any. */
async function listed(
  subject: Subject,
  operation: Operation,
  sentence: (names: string, count: string) => Text,
): Promise<Text[]> {
  const names = await namesOf(subject, operation);
  return names.length === 0 ? [] : [sentence(shortList(names), countOf(names))];
}

const shownMax = 5;
const shortList = (names: readonly string[]): string =>
  names.slice(0, shownMax).join(', ') + (names.length > shownMax ? ', …' : '');

async function subscribed(subject: Subject, query: Readonly<Record<string, string>>, plan?: string): Promise<Text[]> {
  const standing = (one: Readonly<Record<string, unknown>>) =>
    one['state'] !== 'ended' &&
    one['state'] !== 'rejected' &&
    (plan === undefined || one['plan'] === plan || one['plan_id'] === plan);
  const names = await namesOf(subject, subscribers.list, { query, keep: standing, label: 'app' });
  return names.length === 0 ? [] : [say`Apps that subscribe: ${shortList(names)}.`];
}

async function tenantStops(subject: Subject): Promise<Text[]> {
  return [
    'All its tokens and keys are rejected, and its APIs stop answering.',
    ...(await listed(subject, apis.list, (names, count) => say`Stopped APIs (${count}): ${names}.`)),
    ...(await listed(subject, apps.list, (names, count) => say`Stopped apps (${count}): ${names}.`)),
    ...(await callsOf(subject, {})),
  ];
}

async function appStops(subject: Subject): Promise<Text[]> {
  return [
    'Every call of this app is rejected.',
    ...(await listed(subject, installedApps.list, (_, count) => say`Tenants that installed it: ${count}.`)),
    ...(await callsOf(subject, { app: subject.params['app'] ?? '', side: 'developer' })),
  ];
}

async function keyStops(subject: Subject): Promise<Text[]> {
  const { id } = await fieldsAt(subject, keys.get);
  return [
    'Every gateway rejects this key immediately.',
    ...(await callsOf(subject, { key: String(id), side: 'developer' })),
  ];
}

async function subscriberStops(subject: Subject): Promise<Text[]> {
  const { app, app_id: id, api_id: api } = await fieldsAt(subject, subscribers.get);
  return [
    say`The app "${String(app)}" can no longer call this API.`,
    ...(await callsOf(subject, { app: String(id), api: String(api), side: 'provider' })),
  ];
}
