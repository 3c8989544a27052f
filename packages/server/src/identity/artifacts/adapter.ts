/**
 * Stores the artifacts of oidc-provider in PostgreSQL. oidc-provider reads `consumed` and then consumes; it looks for a replay
 * and then records it. Neither is atomic (measured: one code redeemed twice), so here the database decides which request was
 * first.
 */
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { assert } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { Store } from '../../store/store.ts';
import type { Vault } from '../../kernel/seal.ts';
import { findFirstParty } from '../clients/first-party.ts';
import { denyGrant } from '../../snapshot/denials.ts';
import {
  consumeArtifact,
  deleteArtifact,
  deleteGrant,
  findArtifact,
  findArtifactByUid,
  findArtifactByUserCode,
  grantHashOf,
  insertOnce,
  upsertArtifact,
  type Place,
} from './rows.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { ofIssuer } from '../scopes.ts';

export interface ArtifactDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly vault: Vault;
  /** Clients are no artifacts: they come from the tenants' own tables. A tenant's issuer knows that tenant's only. */
  readonly findClient: (issuerTenantUuid: string, clientId: string) => Promise<AdapterPayload | undefined>;
}

/** `gid` of a grant's tokens: names the grant, and is of no use to get it. */
export const gidOf = (grantId: string): string => sha256(grantId);

/** The adapter of one issuer, whose artifacts no other issuer finds. */
export function openArtifacts(tenantUuid: string, deps: ArtifactDeps): (kind: string) => Adapter {
  return (kind) => (kind === 'Client' ? clientsOnly(tenantUuid, deps) : artifactsOf(tenantUuid, kind, deps));
}

function artifactsOf(tenantUuid: string, kind: string, deps: ArtifactDeps): Adapter {
  const { store, clock, vault } = deps;
  const issuer = { tenantUuid };
  const at = (id: string): Place => ({ tenantUuid, kind, id });
  const now = (): Date => new Date(clock.now());
  return {
    async upsert(id, payload, expiresIn) {
      assert(expiresIn !== undefined, 'what is kept expires');
      const expiresAt = new Date(clock.now() + expiresIn * 1000);
      await ofIssuer(store, issuer, (tx) => upsertArtifact(tx, at(id), payload, expiresAt, vault));
    },
    async find(id) {
      const found = await ofIssuer(store, issuer, (tx) => findArtifact(tx, at(id), vault));
      if (found === undefined || endsWithReuse(kind)) return found;
      return { ...found, consumed: undefined };
    },
    findByUid: (id) => ofIssuer(store, issuer, (tx) => findArtifactByUid(tx, at(id), vault)),
    findByUserCode: (id) => ofIssuer(store, issuer, (tx) => findArtifactByUserCode(tx, at(id), vault)),
    async consume(id) {
      if (await consumeOnce(at(id), deps, now())) return;
      throw kind === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri was already used')
        : new errors.InvalidGrant('it was already used');
    },
    async destroy(id) {
      if (kind === 'Grant') return revokeGrant(tenantUuid, sha256(id), deps);
      return ofIssuer(store, issuer, (tx) => deleteArtifact(tx, at(id)));
    },
    async revokeByGrantId(grantId) {
      // oidc-provider asks for each kind, and always for this one; all kinds are revoked together.
      if (kind === 'AccessToken') await revokeGrant(tenantUuid, sha256(grantId), deps);
    },
  };
}

/**
 * Whether a second use ends the grant (RFC 9700 §4.14). A device only polls: it may send two requests concurrently.
 * oidc-provider looks for the grant after it has consumed the code, so ending the grant would revoke the token of the first
 * request.
 */
const endsWithReuse = (kind: string): boolean => kind !== 'DeviceCode';

/** False where another was first. */
async function consumeOnce(place: Place, deps: ArtifactDeps, now: Date): Promise<boolean> {
  const lost = await ofIssuer(deps.store, place, async (tx) =>
    (await consumeArtifact(tx, place, now)) ? undefined : { grantHash: await grantHashOf(tx, place) },
  );
  // In a transaction of its own: the losing request still holds the row, which a concurrent revocation locks last.
  if (lost?.grantHash !== undefined && endsWithReuse(place.kind)) {
    await revokeGrant(place.tenantUuid, lost.grantHash, deps);
  }
  return lost === undefined;
}

/** Ends a grant: nothing of it can be redeemed, and the gateways refuse what was issued, with the same commit. */
export function revokeGrant(
  tenantUuid: string,
  grantHash: string,
  { store, clock }: Pick<ArtifactDeps, 'store' | 'clock'>,
): Promise<void> {
  return ofIssuer(store, { tenantUuid }, async (tx) => {
    if (await deleteGrant(tx, tenantUuid, grantHash)) denyGrant(tx, grantHash, clock.now());
  });
}

/** For `ReplayDetection.unique`: whether this `jti` of `iss` is seen for the first time. */
export function openReplays(
  tenantUuid: string,
  { store, clock }: Pick<ArtifactDeps, 'store' | 'clock'>,
): (iss: string, jti: string, expSeconds: number) => Promise<boolean> {
  return (iss, jti, expSeconds) => {
    const place = { tenantUuid, kind: 'ReplayDetection', id: JSON.stringify([iss, jti]) };
    return ofIssuer(store, place, (tx) => insertOnce(tx, place, new Date(clock.now()), new Date(expSeconds * 1000)));
  };
}

const refused = (): Promise<never> => Promise.reject(new Error('clients are not written here'));

function clientsOnly(tenantUuid: string, { findClient }: ArtifactDeps): Adapter {
  const ofPlatform = tenantUuid === nilTenant ? findFirstParty : () => undefined;
  return {
    find: (id) => Promise.resolve(ofPlatform(id)?.metadata ?? findClient(tenantUuid, id)),
    upsert: refused,
    findByUid: refused,
    findByUserCode: refused,
    consume: refused,
    destroy: refused,
    revokeByGrantId: refused,
  };
}
