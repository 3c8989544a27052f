/** The identity plane in the control role: its operations, its pages and the provider. */
import { openAdmissions } from '../http/refusals.ts';
import { newId } from '../kernel/random.ts';
import type { Measured } from '../kernel/metrics.ts';
import type { Given } from '../kernel/settings.ts';
import { appendAudit } from '../operations/audit/append.ts';
import { bind } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import type { Audit } from './acting.ts';
import { openIdentityAdmission } from './admission.ts';
import { measureMount, startIdentity } from './identity.ts';
import { openProber } from './domains/prober.ts';
import { openResolver } from './domains/resolver.ts';
import { openInteraction } from './pages.ts';
import { openSigning } from './issuers/signing.ts';
import { openInviting } from './mail/invite.ts';
import { openNotices } from './mail/notice.ts';
import { openGuardedFetch } from './outbound/guarded-fetch.ts';
import { openHashing } from './people/hashing.ts';
import type { metrics } from './plane.ts';
import { bindings } from './operations/operations.ts';
import type { settings } from './settings.ts';
import { openControlTokens } from './tokens/control.ts';

type Needs = Pick<Offers, 'bindMember' | 'releaseMembers'>;

interface Own {
  readonly settings: Given<typeof settings>;
  readonly metrics: Measured<typeof metrics>;
}

export async function serve(
  ground: ServeGround,
  own: Own,
  needs: Needs,
): Promise<Served<'findSignedIn' | 'inviteMember' | 'mailMembers'>> {
  const { clock, vault, platformUrl, upstreamAllow } = ground;
  const store = ground.store.lane('identity');
  const fetch = openGuardedFetch({ allow: upstreamAllow }, ground);
  const provenDomainsOnly = !ground.unprovenHosts;
  const { signUp = 'invited', warmIssuers = 1500, requestsPerSecond = 50, requestsAtOnce = 32 } = own.settings;
  const admissions = openAdmissions(own.metrics, ground);
  const admission = openIdentityAdmission({ requestsPerSecond, requestsAtOnce }, admissions, clock);
  const hashing = openHashing(clock, own.settings.hashesAtOnce, admissions.events('password_hashes'));
  const audit = auditor(ground);
  const interaction = openInteraction({ ...ground, ...needs, store, audit, fetch, hashing, provenDomainsOnly });
  const options = { platformUrl, signUp, warmIssuers, upstreamAllow };
  const server = await startIdentity(options, { ...ground, store, interaction, admission });
  const prove = openProber({
    resolveTxt: openResolver(own.settings.dnsServers),
    fetch: openGuardedFetch({ allow: upstreamAllow, plainHttp: true, bytesMax: 4096 }, ground),
  });
  const deps = { ...ground, ...needs, seal: vault.seal, signing: openSigning({ clock, vault }), prove };
  return {
    operations: bind(deps, bindings),
    mount: measureMount(server, own.metrics, clock),
    offers: {
      findSignedIn: openControlTokens(platformUrl, { clock, vault }),
      inviteMember: openInviting(ground),
      mailMembers: openNotices(ground),
    },
    stop: () => server.stop(),
  };
}

/** Writes what happened to a tenant at a page into its audit trail. */
const auditor =
  ({ clock, random }: ServeGround): Audit =>
  (tx, tenantUuid, fact) =>
    appendAudit(tx, tenantUuid, {
      ...fact,
      id: newId('audit', clock, random),
      at: new Date(clock.now()),
      reason: null,
    });
