/** The apps that a person has allowed, and their revocation. */
import { z } from 'zod';
import type { SystemTx, TenantTx } from '../../store/store.ts';
import { revokeGrant } from '../artifacts/adapter.ts';
import { listArtifactsOf } from '../artifacts/of-account.ts';
import type { Actor } from '../../operations/acting.ts';
import { recordAgreement } from '../requests/withheld.ts';
import type { PromptDeps } from '../asking.ts';
import { readAsker } from '../requests/request.ts';
import type { PersonRef } from '../people/authenticators.ts';
import { accountClientId } from '../clients/account-client.ts';
import { ofIssuer, withinIssuer } from '../scopes.ts';
import { asPlatform } from '../system-wide.ts';

/** One app, with all that it may do for the person. */
export interface Allowed {
  readonly clientId: string;
  readonly app: string;
  readonly developer: string;
  /** Names of scopes, OpenID Connect's own among them. */
  readonly scopes: readonly string[];
  readonly since: Date;
}

const payloadShape = z.looseObject({
  clientId: z.string(),
  iat: z.number(),
  openid: z.looseObject({ scope: z.string().optional() }).default({}),
  resources: z.record(z.string(), z.string()).default({}),
});

interface Grant extends z.output<typeof payloadShape> {
  readonly idHash: string;
}

async function grantsOf(tx: TenantTx, { issuer, userId }: PersonRef, deps: PromptDeps): Promise<readonly Grant[]> {
  const of = { tenantUuid: issuer.tenantUuid, kind: 'Grant', account: userId };
  const found = await listArtifactsOf(tx, of, new Date(deps.clock.now()), deps.vault);
  return found
    .map(({ idHash, payload }) => ({ ...payloadShape.parse(payload), idHash }))
    .filter(({ clientId }) => clientId !== accountClientId);
}

/** By name of the app. A browser has a grant of its own: they are one to the person. */
export async function listAllowed(tx: SystemTx, person: PersonRef, deps: PromptDeps): Promise<readonly Allowed[]> {
  const grants = await withinIssuer(tx, person.issuer, (own) => grantsOf(own, person, deps));
  const byClient = Map.groupBy(grants, ({ clientId }) => clientId);
  const all: Allowed[] = [];
  for (const [clientId, given] of byClient) {
    const asker = await readAsker(tx, { issuer: person.issuer, clientId, resources: [], redirectUri: undefined });
    const names = given.flatMap(({ openid, resources }) => [openid.scope ?? '', ...Object.values(resources)]);
    const scopes = [...new Set(names.join(' ').split(' '))].filter((name) => name !== '').toSorted();
    const since = new Date(Math.min(...given.map(({ iat }) => iat)) * 1000);
    all.push({ clientId, app: asker?.app ?? clientId, developer: asker?.developer ?? '', scopes, since });
  }
  return all.toSorted((a, b) => a.app.localeCompare(b.app));
}

/**
 * Revokes all that the person has allowed to the client. The tenants concerned have it in their audit trail. False: there was
 * nothing to revoke.
 */
export async function takeBack(person: PersonRef, clientId: string, actor: Actor, deps: PromptDeps): Promise<boolean> {
  const grants = await ofIssuer(deps.store, person.issuer, (tx) => grantsOf(tx, person, deps));
  const meant = grants.filter((grant) => grant.clientId === clientId);
  for (const { idHash, resources } of meant) {
    await revokeGrant(person.issuer.tenantUuid, idHash, deps);
    for (const [resource, scope] of Object.entries(resources)) {
      const agreement = { issuer: person.issuer, clientId, resource, scopes: scope.split(' ') };
      await asPlatform(deps.store, 'rights', (tx) => recordAgreement(tx, 'delete', agreement, actor, deps.audit));
    }
  }
  return meant.length > 0;
}
