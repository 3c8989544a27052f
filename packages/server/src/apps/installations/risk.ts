/** The scopes that may be granted without an admin. */
import { Problem } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';

type Risk = 'low' | 'medium' | 'high';

/** Throws `forbidden` unless all of these scopes are visible to this tenant and have a low risk now. */
export async function holdLowRisk(tx: TenantTx, scopes: readonly string[]): Promise<void> {
  const low = await knownOfRisk(tx, scopes, ['low']);
  const rest = scopes.filter((scope) => !low.has(scope));
  if (rest.length > 0) throw new Problem('forbidden', { detail: `An admin has to grant ${rest.join(' ')}` });
}

/** The scopes among these that are visible to this tenant and have one of these risks now. */
export async function knownOfRisk(
  { sql, tenantUuid }: TenantTx,
  scopes: readonly string[],
  risks: readonly Risk[],
): Promise<ReadonlySet<string>> {
  const addresses = [...new Set(scopes.map((scope) => scope.slice(0, scope.indexOf(':'))))].map((one) =>
    one.split('/'),
  );
  const rows = await sql<{ scope: string }[]>`
    select s.scope
    from unnest(${addresses.map(([tenant = '']) => tenant)}::text[], ${addresses.map(([, api = '']) => api)}::text[])
      as asked (tenant_slug, api_slug)
      join catalog c on c.tenant_slug = asked.tenant_slug and c.api_slug = asked.api_slug
      cross join lateral jsonb_to_recordset(c.scopes) as s (scope text, risk text)
    where s.risk = any(${[...risks]}) and (c.tenant = ${tenantUuid} or (c.provider_active and c.visibility = 'public'))`;
  return new Set(rows.map(({ scope }) => scope));
}
