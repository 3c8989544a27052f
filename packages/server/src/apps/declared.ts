/** The scopes that an app may declare. */
import { Problem, type Violation } from '@tulou/contract';
import type { TenantTx } from '../store/store.ts';

export interface Declared {
  readonly scopes: readonly string[];
  readonly optional_scopes: readonly string[];
}

/** Required and optional scopes. No token of the app holds more. */
export const allOf = ({ scopes, optional_scopes }: Declared): readonly string[] => [...scopes, ...optional_scopes];

/**
 * Throws `invalid_request` if a scope is declared twice, or is not visible to this tenant. Visible are the scopes of its own
 * APIs and of published public ones. `held` are the scopes that the app has declared before: they may stay in any case.
 */
export async function holdDeclared(tx: TenantTx, declared: Declared, held: readonly string[]): Promise<void> {
  const asked = allOf(declared).filter((scope) => !held.includes(scope));
  const known = asked.length === 0 ? [] : await knownScopes(tx, asked);
  const fault = (scope: string): string | undefined => {
    if (!held.includes(scope) && !known.includes(scope)) return 'there is no such scope';
    return undefined;
  };
  const of = (field: keyof Declared, also?: (scope: string) => string | undefined): Violation[] =>
    declared[field].flatMap((scope, index) => {
      const message = fault(scope) ?? also?.(scope);
      return message === undefined ? [] : [{ pointer: `/${field}/${index}`, message }];
    });
  const twice = (scope: string): string | undefined =>
    declared.scopes.includes(scope) ? 'it is required already' : undefined;
  const violations = [...of('scopes'), ...of('optional_scopes', twice)];
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
}

async function knownScopes({ sql, tenantUuid }: TenantTx, asked: readonly string[]): Promise<readonly string[]> {
  const addresses = [...new Set(asked.map((scope) => scope.slice(0, scope.indexOf(':'))))].map((one) => one.split('/'));
  const tenants = addresses.map(([tenant = '']) => tenant);
  const apis = addresses.map(([, api = '']) => api);
  const rows = await sql<{ scope: string }[]>`
    select s.scope from unnest(${tenants}::text[], ${apis}::text[]) as asked (tenant_slug, api_slug)
      join catalog c on c.tenant_slug = asked.tenant_slug and c.api_slug = asked.api_slug
      cross join lateral jsonb_to_recordset(c.scopes) as s (scope text)
    where c.tenant = ${tenantUuid} or (c.provider_active and c.published and c.visibility = 'public')`;
  return rows.map(({ scope }) => scope);
}
