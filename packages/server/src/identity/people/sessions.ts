/** Ends sessions of oidc-provider and the grants in them that last no longer, and notifies the apps. */
import type { Provider } from 'oidc-provider';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { Vault } from '../../kernel/seal.ts';
import type { Store } from '../../store/store.ts';
import { revokeGrant } from '../artifacts/adapter.ts';
import { deleteArtifactOf, listArtifactsOf } from '../artifacts/of-account.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { PersonRef } from './authenticators.ts';
import { ofIssuer } from '../scopes.ts';

const payloadShape = z.looseObject({
  authorizations: z
    .record(
      z.string(),
      z.looseObject({
        grantId: z.string().optional(),
        sid: z.string().optional(),
        persistsLogout: z.boolean().optional(),
      }),
    )
    .default({}),
});
type Authorizations = z.output<typeof payloadShape>['authorizations'];

interface SessionDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly vault: Vault;
}

/** Ends those of the person's sessions that `isMeant` says, by the hash of their `uid`. Returns how many there were. */
export async function endSessions(
  person: PersonRef,
  isMeant: (uidHash: string) => boolean,
  provider: Provider,
  deps: SessionDeps,
): Promise<number> {
  const { store, clock, vault } = deps;
  const of = { tenantUuid: person.issuer.tenantUuid, kind: 'Session', account: person.userId };
  const sessions = await ofIssuer(store, of, (tx) => listArtifactsOf(tx, of, new Date(clock.now()), vault));
  const meant = sessions.filter(({ uidHash }) => uidHash !== null && isMeant(uidHash));
  for (const { idHash, payload } of meant) {
    // First, so that nothing is granted in it while it ends.
    await ofIssuer(store, of, (tx) => deleteArtifactOf(tx, of, idHash));
    const { authorizations } = payloadShape.parse(payload);
    await endGrants(person, authorizations, deps);
    await tellApps(person, authorizations, provider);
  }
  return meant.length;
}

/** As a logout does: what apps may use while the person is away stays. */
async function endGrants({ issuer }: PersonRef, authorizations: Authorizations, deps: SessionDeps): Promise<void> {
  for (const { grantId, persistsLogout } of Object.values(authorizations)) {
    if (grantId !== undefined && persistsLogout !== true) await revokeGrant(issuer.tenantUuid, sha256(grantId), deps);
  }
}

/** The members that the types omit. */
interface Listener {
  readonly backchannelLogoutUri?: string | undefined;
  readonly backchannelLogout?: (accountId: string, sid: string | undefined) => Promise<void>;
}

/** OpenID Connect Back-Channel Logout. An app that can't be reached finds out when its token is refused. */
async function tellApps({ userId }: PersonRef, authorizations: Authorizations, provider: Provider): Promise<void> {
  const told = Object.entries(authorizations).map(async ([clientId, { sid }]) => {
    const client: Listener | undefined = await provider.Client.find(clientId);
    if (client?.backchannelLogoutUri !== undefined) await client.backchannelLogout?.(userId, sid);
  });
  await Promise.allSettled(told);
}
