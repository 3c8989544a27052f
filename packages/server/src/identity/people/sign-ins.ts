/** Where a person is signed in: the sessions of oidc-provider, and what is noted of the browsers that have them. */
import type { Provider } from 'oidc-provider';
import { clientOf } from '../../http/trusted-proxies.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { Store, TenantTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import type { PersonRef } from './authenticators.ts';
import { ofIssuer } from '../scopes.ts';

const agentCharactersMax = 300;
const routes: ReadonlySet<unknown> = new Set(['authorization', 'resume', 'device_resume']);

/** Notes whose browser it is each time that it comes to be sent on to an app. */
export function noteSignIns(
  provider: Provider,
  { tenantUuid }: IssuerRef,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): void {
  provider.use(async (ctx, next) => {
    await next();
    const { route, session } = (ctx as { oidc?: { route?: string; session?: Seen } }).oidc ?? {};
    if (!routes.has(route) || session?.accountId === undefined || session.destroyed === true) return;
    const { uid, accountId } = session;
    const [agent, address] = [ctx.get('user-agent').slice(0, agentCharactersMax), clientOf(ctx.req).address];
    const now = new Date(clock.now());
    await ofIssuer(
      store,
      { tenantUuid },
      ({ sql }) => sql`
      insert into sign_ins (tenant_id, uid_hash, user_id, agent, address, signed_in_at, seen_at)
      select tenant_id, ${sha256(uid)}, id, ${agent}, ${address}, ${now}, ${now} from users
      where tenant_id = ${tenantUuid} and id = ${accountId}
      on conflict (tenant_id, uid_hash) do update set agent = excluded.agent, address = excluded.address,
        seen_at = excluded.seen_at`,
    );
  });
}

interface Seen {
  readonly uid: string;
  readonly accountId?: string;
  readonly destroyed?: boolean;
}

/** One session, as the person whose it is sees it. */
export interface SignIn {
  /** The hash of the session's `uid`: names it, and is of no use to anybody. */
  readonly id: string;
  readonly agent: string;
  readonly address: string;
  readonly signedInAt: Date;
  readonly seenAt: Date;
}

/** Those that are alive, the one used last first. */
export async function listSignIns(
  { sql }: TenantTx,
  { issuer, userId }: PersonRef,
  now: Date,
): Promise<readonly SignIn[]> {
  return sql<SignIn[]>`
    select s.uid_hash as id, s.agent, s.address, s.signed_in_at as "signedInAt", s.seen_at as "seenAt"
    from sign_ins s
    where s.tenant_id = ${issuer.tenantUuid} and s.user_id = ${userId} and exists (
      select from identity_artifacts a
      where a.tenant_id = s.tenant_id and a.kind = 'Session' and a.uid_hash = s.uid_hash and a.account = s.user_id
        and a.expires_at > ${now})
    order by s.seen_at desc, s.uid_hash`;
}
