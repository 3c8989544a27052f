/**
 * An issuer's signing keys: `next` is published before it signs, `current` signs, `previous` still verifies. A change here is
 * in the gateways' snapshot with the same commit, so nothing is ever signed that they can't verify.
 */
import { idFromUuid, type SnapshotOf } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import type { Store, TenantTx } from '../../store/store.ts';
import { insertKey, isOpen, listKeys, lockKeys, moveKeys, readSecretKeys, removeKey } from './rows.ts';
import type { KeyAlgorithm, PublicJwk, SecretKey, SigningKey } from './rows.ts';
import type { Vault } from '../../kernel/seal.ts';
import { present, publishAcross } from '../../snapshot/publish.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { ofIssuer } from '../scopes.ts';
import { asPlatform } from '../system-wide.ts';

export interface KeyDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly vault: Vault;
}

/** The owner of the keys: the issuer's URL and the tenant that owns it (nil: the platform's). */
export interface IssuerRef {
  readonly issuer: string;
  readonly tenantUuid: string;
}

/** Wakes the nodes when an issuer has changed; a hint only, they also look by themselves. */
export const issuersChannel = 'tulou_issuers';

const day = 24 * 60 * 60_000;
/** A key signs for this long. */
export const rotateAfterMs = 30 * day;
/** Longer than anything it has signed is of use. */
const verifyAfterwardsMs = day;

/** Makes the keys of this issuer where it has none; the snapshot names them with the commit. */
export function ensureKeys(issuer: IssuerRef, deps: KeyDeps): Promise<void> {
  return ofIssuer(deps.store, issuer, async (tx) => {
    await makeMissing(tx, issuer, 'ES256', deps);
    if (!(await isKnown(tx, issuer))) await tell(tx, issuer);
  });
}

/** After the commit the issuer can sign, the gateways verify, and the nodes know it as it is now. */
export async function openIssuer(tx: TenantTx, issuer: IssuerRef, deps: Omit<KeyDeps, 'store'>): Promise<void> {
  await makeMissing(tx, issuer, 'ES256', deps);
  await tell(tx, issuer);
  await announce(tx);
}

async function makeMissing(
  tx: TenantTx,
  { tenantUuid }: IssuerRef,
  algorithm: KeyAlgorithm,
  deps: Omit<KeyDeps, 'store'>,
): Promise<void> {
  await lockKeys(tx, tenantUuid);
  const keys = ofAlgorithm(await listKeys(tx, tenantUuid), algorithm);
  const now = new Date(deps.clock.now());
  for (const state of ['current', 'next'] as const) {
    if (!keys.some((key) => key.state === state)) await insertKey(tx, tenantUuid, algorithm, state, deps.vault, now);
  }
}

const ofAlgorithm = <K extends SigningKey>(keys: readonly K[], algorithm: KeyAlgorithm): readonly K[] =>
  keys.filter((key) => key.algorithm === algorithm);

/** Has the nodes look, after the commit. */
export async function announce({ sql }: TenantTx): Promise<void> {
  await sql`select pg_notify(${issuersChannel}, '')`;
}

/** Reads them, as they are now. */
export function readKeys(issuer: IssuerRef, deps: KeyDeps): Promise<readonly SecretKey[]> {
  return ofIssuer(deps.store, issuer, (tx) => readSecretKeys(tx, issuer.tenantUuid, deps.vault));
}

/**
 * The same, with keys for RS256: an issuer gets them when it is first used, as they are slow to make and most issuers of a
 * large platform sleep. Gateways need not know them: they sign no access token.
 */
export async function readAllKeys(issuer: IssuerRef, deps: KeyDeps): Promise<readonly SecretKey[]> {
  const keys = await readKeys(issuer, deps);
  if (keys.length === 0 || ofAlgorithm(keys, 'RS256').length > 0) return keys;
  await ofIssuer(deps.store, issuer, (tx) => makeMissing(tx, issuer, 'RS256', deps));
  return readKeys(issuer, deps);
}

/** Tenants (nil: the platform) that have a key which has signed, or verified afterwards, for long enough. */
export function findDue({ store, clock }: Pick<KeyDeps, 'store' | 'clock'>): Promise<readonly string[]> {
  const [signed, verified] = [rotateAfterMs, verifyAfterwardsMs].map((ms) => new Date(clock.now() - ms));
  return asPlatform(store, 'issuers', async ({ sql }) => {
    const rows = await sql<{ tenantUuid: string }[]>`
      select distinct tenant_id as "tenantUuid" from signing_keys
      where state = 'current' and changed_at <= ${signed ?? null} or state = 'previous' and changed_at <= ${verified ?? null}`;
    return rows.map(({ tenantUuid }) => tenantUuid);
  });
}

/** The next key signs from now on, the current one only verifies. */
export function rotateKeys(issuer: IssuerRef, deps: KeyDeps): Promise<void> {
  return ofIssuer(deps.store, issuer, (tx) => rotateKeysIn(tx, issuer, deps));
}

/** The same inside of a transaction. */
export function rotateKeysIn(tx: TenantTx, issuer: IssuerRef, deps: Omit<KeyDeps, 'store'>): Promise<void> {
  return change(tx, issuer, deps, async (now) => {
    for (const algorithm of await algorithmsOf(tx, issuer)) await promote(tx, issuer, algorithm, deps.vault, now);
  });
}

/** Rotates if the current key has signed for long enough, and deletes the keys that are no longer needed. */
export function rotateIfDue(issuer: IssuerRef, deps: KeyDeps): Promise<void> {
  return ofIssuer(deps.store, issuer, (tx) =>
    change(tx, issuer, deps, async (now) => {
      for (const algorithm of await algorithmsOf(tx, issuer))
        await rotateOneIfDue(tx, issuer, algorithm, deps.vault, now);
    }),
  );
}

async function rotateOneIfDue(
  tx: TenantTx,
  issuer: IssuerRef,
  algorithm: KeyAlgorithm,
  vault: Vault,
  now: Date,
): Promise<void> {
  const { tenantUuid } = issuer;
  const verifiedUntil = new Date(now.getTime() - verifyAfterwardsMs);
  await moveKeys(tx, tenantUuid, algorithm, ['previous', 'removed'], now, verifiedUntil);
  const keys = ofAlgorithm(await listKeys(tx, tenantUuid), algorithm);
  const current = keys.find(({ state }) => state === 'current');
  if (current !== undefined && now.getTime() - current.changedAt.getTime() < rotateAfterMs) return;
  await promote(tx, issuer, algorithm, vault, now);
}

/** The algorithms of the issuer's keys; access tokens always need ES256. */
async function algorithmsOf(tx: TenantTx, { tenantUuid }: IssuerRef): Promise<ReadonlySet<KeyAlgorithm>> {
  const keys = await listKeys(tx, tenantUuid);
  return new Set<KeyAlgorithm>(['ES256', ...keys.map(({ algorithm }) => algorithm)]);
}

/** For a key that may be compromised: from this moment nothing that it has signed is accepted. False: there is no such key. */
export function removeSigningKey(issuer: IssuerRef, kid: string, deps: KeyDeps): Promise<boolean> {
  return ofIssuer(deps.store, issuer, (tx) => removeKeyIn(tx, issuer, kid, deps));
}

/** The same inside of a transaction. */
export function removeKeyIn(
  tx: TenantTx,
  issuer: IssuerRef,
  kid: string,
  deps: Omit<KeyDeps, 'store'>,
): Promise<boolean> {
  return change(tx, issuer, deps, async (now) => {
    const was = await removeKey(tx, issuer.tenantUuid, kid, now);
    if (was?.state === 'current') await promote(tx, issuer, was.algorithm, deps.vault, now);
    if (was?.state === 'next') await insertKey(tx, issuer.tenantUuid, was.algorithm, 'next', deps.vault, now);
    return was !== undefined;
  });
}

async function promote(
  tx: TenantTx,
  { tenantUuid }: IssuerRef,
  algorithm: KeyAlgorithm,
  vault: Vault,
  now: Date,
): Promise<void> {
  await moveKeys(tx, tenantUuid, algorithm, ['current', 'previous'], now);
  await moveKeys(tx, tenantUuid, algorithm, ['next', 'current'], now);
  await insertKey(tx, tenantUuid, algorithm, 'next', vault, now);
}

async function change<T>(
  tx: TenantTx,
  issuer: IssuerRef,
  deps: Omit<KeyDeps, 'store'>,
  work: (now: Date) => Promise<T>,
): Promise<T> {
  await lockKeys(tx, issuer.tenantUuid);
  const result = await work(new Date(deps.clock.now()));
  await tell(tx, issuer);
  await announce(tx);
  return result;
}

/** Whether the gateways know its keys as they are: a start changes no snapshot. */
async function isKnown(tx: TenantTx, { issuer, tenantUuid }: IssuerRef): Promise<boolean> {
  const keys = await accessTokenKeys(tx, tenantUuid);
  const [known] = await tx.sql<{ keys: unknown; tenant: string }[]>`
    select object -> 'keys' as keys, tenant from snapshot_objects where kind = 'issuer' and key = ${issuer}`;
  // Another tenant's object is not seen: version 0.1.0 let a tenant's issuer take the place of the platform's.
  return known?.tenant === tenantUuid && JSON.stringify(known.keys) === JSON.stringify(keys);
}

/** Those that gateways verify with. */
const accessTokenKeys = async (tx: TenantTx, tenantUuid: string): Promise<readonly PublicJwk[]> =>
  ofAlgorithm(await listKeys(tx, tenantUuid), 'ES256').map(({ publicJwk }) => publicJwk);

/** Tokens of a tenant's paused issuer verify nowhere: its keys are not published. */
async function tell(tx: TenantTx, { issuer, tenantUuid }: IssuerRef): Promise<void> {
  const ofPlatform = tenantUuid === nilTenant;
  if (!ofPlatform && !(await isOpen(tx, tenantUuid))) return;
  const keys = await accessTokenKeys(tx, tenantUuid);
  const object: SnapshotOf<'issuer'> = {
    kind: 'issuer',
    key: issuer,
    tenant: idFromUuid('tenant', tenantUuid),
    issues_for: ofPlatform ? null : idFromUuid('tenant', tenantUuid),
    algorithms: ['ES256'],
    keys: [...keys],
  };
  publishAcross(tx, [present(object)]);
}
