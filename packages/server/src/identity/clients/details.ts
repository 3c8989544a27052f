/**
 * Rich authorization requests (RFC 9396) of one type, `tulou_data`: scopes that are held for some of the data only. They
 * take away and never add: the scopes are asked for, agreed to and carried as ever, and a service of the provider, who has
 * said of the scope that it looks at this, holds the call to the data that is named.
 */
import {
  errors,
  type AuthorizationDetail,
  type AuthorizationDetailsForIntrospection,
  type KoaContextWithOIDC,
  type RichAuthorizationRequestsActiveConfiguration,
} from 'oidc-provider';
import { fullScope } from '@tulou/contract/operations/scopes';
import { z } from 'zod';
import type { Store, SystemTx } from '../../store/store.ts';
import { asPlatform } from '../system-wide.ts';

export const dataDetail = 'tulou_data';

const detailsMax = 10;
const charactersMax = 4000;

const shape = z.strictObject({
  type: z.literal(dataDetail),
  /** Full names of the scopes that are limited. */
  actions: z
    .array(fullScope)
    .min(1)
    .max(20)
    .refine((list) => new Set(list).size === list.length, 'each scope once'),
  /** Which data, as the provider names it. */
  identifier: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters'),
});
export type DataDetail = z.output<typeof shape>;

/** Those that can be read; of what has once been judged that is all. */
export const dataDetailsIn = (details: unknown): readonly DataDetail[] => z.array(shape).safeParse(details).data ?? [];

export type RichRequests = RichAuthorizationRequestsActiveConfiguration & {
  readonly authorizationDetailsForIntrospection: AuthorizationDetailsForIntrospection;
};

/** The functions that an issuer uses for authorization details. */
export function openDetails({ store }: { readonly store: Store }): RichRequests {
  return {
    enabled: true,
    types: { [dataDetail]: { validate: (ctx, detail) => judge(ctx, detail, store) } },
    // `existingGrant` sees to it that this grant was made for this very request.
    authorizationDetailsForGrantSource: ({ oidc }) => (isAskedFor(oidc) ? oidc.grant?.rar : undefined),
    authorizationDetailsForAccessToken: ({ oidc }, token, source) => {
      const asked = isAskedFor(oidc) ? askedIn(oidc) : undefined;
      if (source === undefined) return heldWith(token.scope, asked, 'refuse');
      const granted = dataDetailsIn(source.rar);
      if (asked?.some((one) => !granted.some((known) => isSame(one, known))) === true)
        throw new errors.InvalidAuthorizationDetails('only what was granted can be asked for here');
      return heldWith(token.scope, limitsOf(granted, asked), 'drop');
    },
    authorizationDetailsForIntrospection: (_ctx, token) => token.rar,
  };
}

type Oidc = KoaContextWithOIDC['oidc'];

const isAskedFor = ({ params }: Oidc): boolean => params?.['authorization_details'] !== undefined;
const askedIn = ({ params }: Oidc): readonly DataDetail[] =>
  dataDetailsIn(JSON.parse(String(params?.['authorization_details'])));

/** Throws `invalid_authorization_details`. */
async function judge({ oidc }: KoaContextWithOIDC, detail: AuthorizationDetail, store: Store): Promise<void> {
  const text = String(oidc.params?.['authorization_details']);
  const refuse = (why: string): never => {
    throw new errors.InvalidAuthorizationDetails(why);
  };
  if (text.length > charactersMax || (JSON.parse(text) as unknown[]).length > detailsMax)
    refuse(`at most ${detailsMax}, in at most ${charactersMax} characters`);
  const read = shape.safeParse(detail);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refuse(`${dataDetail}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const { actions } = read.data;
  // An app's own token gets what its installation grants where no scope is named.
  const beyond = actions.filter((scope) => oidc.route !== 'token' && !oidc.requestParamScopes.has(scope));
  if (beyond.length > 0) refuse(`not among the scopes that are asked for: ${beyond.join(' ')}`);
  const known = await asPlatform(store, 'rights', (tx) => readLimitable(tx, actions));
  const whole = actions.filter((scope) => !known.has(scope));
  if (whole.length > 0) refuse(`can’t be limited to some of the data: ${whole.join(' ')}`);
}

async function readLimitable({ sql }: SystemTx, scopes: readonly string[]): Promise<ReadonlySet<string>> {
  const slugs = [...new Set(scopes.map((scope) => scope.slice(0, scope.indexOf('/'))))];
  const rows = await sql<{ scope: string }[]>`
    select t.slug || '/' || a.slug || ':' || s.name as scope
    from tenants t
      join apis a on a.tenant_id = t.tenant_id
      join scopes s on s.tenant_id = a.tenant_id and s.api_id = a.id
    where t.slug = any(${slugs}) and s.data_scoped and s.deleted_at is null`;
  return new Set(rows.map(({ scope }) => scope));
}

const isSame = (a: DataDetail, b: DataDetail): boolean =>
  a.identifier === b.identifier &&
  a.actions.length === b.actions.length &&
  a.actions.every((scope) => b.actions.includes(scope));

/** Fewer data may be asked for; a scope that was limited and is not named stays limited as it was. */
function limitsOf(granted: readonly DataDetail[], asked: readonly DataDetail[] | undefined): readonly DataDetail[] {
  if (asked === undefined) return granted;
  const named = new Set(asked.flatMap(({ actions }) => actions));
  const others = granted.flatMap((one) => {
    const actions = one.actions.filter((scope) => !named.has(scope));
    return actions.length === 0 ? [] : [{ ...one, actions }];
  });
  return [...asked, ...others];
}

/** The limits of the scopes that a token says. */
function heldWith(
  scope: string | undefined,
  details: readonly DataDetail[] | undefined,
  beyond: 'refuse' | 'drop',
): readonly DataDetail[] | undefined {
  const held = new Set((scope ?? '').split(' '));
  const kept = (details ?? []).flatMap((one) => {
    const actions = one.actions.filter((action) => held.has(action));
    if (beyond === 'refuse' && actions.length < one.actions.length)
      throw new errors.InvalidAuthorizationDetails('it names a scope that is not granted');
    return actions.length === 0 ? [] : [{ ...one, actions }];
  });
  return kept.length === 0 ? undefined : kept;
}

/** The limits that a token made from another one takes over. */
export const inheritedDetails = (scope: string, details: unknown): AuthorizationDetail[] | undefined =>
  heldWith(scope, dataDetailsIn(details), 'drop')?.map((one) => ({ ...one }));
