/** The scopes that a key may hold. */
import { Problem } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import type { AppRow } from '../app.ts';
import { allOf } from '../declared.ts';
import { knownOfRisk } from '../installations/risk.ts';

/**
 * Throws `invalid_request` for a scope that the app does not declare, and `forbidden` for a scope of high risk that the caller
 * must not grant. `held` are the scopes that the key has: they may stay.
 */
export async function holdKeyScopes(
  tx: TenantTx,
  app: AppRow,
  scopes: readonly string[],
  held: readonly string[],
): Promise<void> {
  const declared = allOf(app);
  const violations = scopes.flatMap((scope, index) => {
    if (declared.includes(scope) || held.includes(scope)) return [];
    const message = `the app does not declare it: add it with \`tulou apps update --app ${app.slug} --scopes …\``;
    return [{ pointer: `/scopes/${index}`, message }];
  });
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
  await holdRank(
    tx,
    scopes.filter((scope) => !held.includes(scope)),
  );
}

/** Throws `forbidden` for members below admin: only an admin grants a scope of high risk, in a key as in an installation. */
export async function holdRank(tx: TenantTx, scopes: readonly string[]): Promise<void> {
  const { principal } = tx.scope;
  if (scopes.length === 0 || principal.kind !== 'member' || roleContains(principal.role, 'admin')) return;
  const free = await knownOfRisk(tx, scopes, ['low', 'medium']);
  const rest = scopes.filter((scope) => !free.has(scope));
  if (rest.length === 0) return;
  throw new Problem('forbidden', {
    detail: `These scopes have a high risk; an admin must grant them: ${rest.join(' ')}`,
  });
}
