/**
 * An issuer's signing keys: `next` is published before it signs, `current` signs, `previous` still verifies. What changes
 * here is in the gateways' snapshot with the same commit, so nothing is ever signed that they can't verify.
 */
import { idFromUuid, type SnapshotOf } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import type { Store, SystemTx } from '../../store/store.ts';
import type { Publish } from '../publish.ts';
import { insertKey, listKeys, lockKeys, moveKeys, readSecretKeys, removeKey, type SecretKey } from './rows.ts';
import type { Vault } from './seal.ts';

export interface KeyDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly publish: Publish;
}

/** Whose keys: the issuer's URL and the tenant that owns it (nil: the platform's). */
export interface IssuerRef {
  readonly issuer: string;
  readonly tenantUuid: string;
}

/** Wakes the other nodes' providers; a hint only, they also look by themselves. */
export const keysChannel = 'tulou_signing_keys';

const day = 24 * 60 * 60_000;
/** A key signs for this long. */
export const rotateAfterMs = 30 * day;
/** Longer than anything it has signed is of use. */
const verifyAfterwardsMs = day;

/** Keys of this issuer with their secrets, the signing one first. Makes them at first start; the snapshot names them after it. */
export function ensureKeys(issuer: IssuerRef, deps: KeyDeps): Promise<readonly SecretKey[]> {
  return deps.store.system('an issuer has keys and the gateways know them', async (tx) => {
    const { tenantUuid } = issuer;
    await lockKeys(tx);
    const keys = await listKeys(tx, tenantUuid);
    const now = new Date(deps.clock.now());
    for (const state of ['current', 'next'] as const) {
      if (!keys.some((key) => key.state === state)) await insertKey(tx, tenantUuid, state, deps.vault, now);
    }
    await tell(tx, issuer, deps.publish);
    return readSecretKeys(tx, tenantUuid, deps.vault);
  });
}

/** Reads them, as they are now. */
export function readKeys(issuer: IssuerRef, deps: KeyDeps): Promise<readonly SecretKey[]> {
  return deps.store.system('an issuer signs', (tx) => readSecretKeys(tx, issuer.tenantUuid, deps.vault));
}

/** Which keys there are, in which state, as one text: differs when a provider must be built anew. */
export async function keysMark(issuer: IssuerRef, { store }: Pick<KeyDeps, 'store'>): Promise<string> {
  const keys = await store.system('an issuer looks for new keys', (tx) => listKeys(tx, issuer.tenantUuid));
  return keys.map(({ kid, state }) => `${kid} ${state}`).join();
}

/** The next key signs from now on, the current one only verifies. */
export function rotateKeys(issuer: IssuerRef, deps: KeyDeps): Promise<void> {
  return change('keys of an issuer rotate', issuer, deps, async (tx, now) => promote(tx, issuer, deps.vault, now));
}

/** Rotates where the current key has signed for long enough, and forgets those that nothing needs any more. */
export function rotateIfDue(issuer: IssuerRef, deps: KeyDeps): Promise<void> {
  return change('keys of an issuer rotate by schedule', issuer, deps, async (tx, now) => {
    await moveKeys(tx, issuer.tenantUuid, 'previous', 'removed', now, new Date(now.getTime() - verifyAfterwardsMs));
    const current = (await listKeys(tx, issuer.tenantUuid)).find(({ state }) => state === 'current');
    if (current !== undefined && now.getTime() - current.changedAt.getTime() < rotateAfterMs) return;
    await promote(tx, issuer, deps.vault, now);
  });
}

/** For a key that may be in wrong hands: at once nothing that it has signed is accepted. False: there is no such key. */
export function removeSigningKey(issuer: IssuerRef, kid: string, deps: KeyDeps): Promise<boolean> {
  return change('a key of an issuer is compromised', issuer, deps, async (tx, now) => {
    const was = await removeKey(tx, issuer.tenantUuid, kid, now);
    if (was === 'current') await promote(tx, issuer, deps.vault, now);
    if (was === 'next') await insertKey(tx, issuer.tenantUuid, 'next', deps.vault, now);
    return was !== undefined;
  });
}

async function promote(tx: SystemTx, { tenantUuid }: IssuerRef, vault: Vault, now: Date): Promise<void> {
  await moveKeys(tx, tenantUuid, 'current', 'previous', now);
  await moveKeys(tx, tenantUuid, 'next', 'current', now);
  await insertKey(tx, tenantUuid, 'next', vault, now);
}

function change<T>(
  reason: string,
  issuer: IssuerRef,
  deps: KeyDeps,
  work: (tx: SystemTx, now: Date) => Promise<T>,
): Promise<T> {
  return deps.store.system(reason, async (tx) => {
    await lockKeys(tx);
    const result = await work(tx, new Date(deps.clock.now()));
    await tell(tx, issuer, deps.publish);
    await tx.sql`select pg_notify(${keysChannel}, '')`;
    return result;
  });
}

/** Nothing is published where the gateways know it already: a start changes no snapshot. */
async function tell(tx: SystemTx, { issuer, tenantUuid }: IssuerRef, publish: Publish): Promise<void> {
  const keys = (await listKeys(tx, tenantUuid)).map(({ publicJwk }) => publicJwk);
  const [known] = await tx.sql<{ keys: unknown }[]>`
    select object -> 'keys' as keys from snapshot_objects where kind = 'issuer' and key = ${issuer}`;
  if (JSON.stringify(known?.keys) === JSON.stringify(keys)) return;
  const object: SnapshotOf<'issuer'> = {
    kind: 'issuer',
    key: issuer,
    tenant: idFromUuid('tenant', tenantUuid),
    issues_for: null,
    algorithms: ['ES256'],
    keys: [...keys],
  };
  publish(tx, object);
}
