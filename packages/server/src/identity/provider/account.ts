/** A person as oidc-provider knows one. */
import type { FindAccount } from 'oidc-provider';
import type { Store } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { ofIssuer } from '../scopes.ts';

interface UserRow {
  readonly email: string;
  readonly name: string;
  readonly locale: string;
  readonly verified: boolean;
}

/** Finds the issuer's people by their id (`usr_…`), the `sub` of their tokens. Disabled people are not found. */
export function openAccounts({ tenantUuid }: IssuerRef, { store }: { readonly store: Store }): FindAccount {
  return async (_ctx, id) => {
    const user = await ofIssuer(store, { tenantUuid }, async ({ sql }) => {
      const [row] = await sql<UserRow[]>`
        select email, name, locale, verified_at is not null as verified from users
        where tenant_id = ${tenantUuid} and id = ${id} and disabled_at is null`;
      return row;
    });
    if (user === undefined) return undefined;
    const { email, name, locale, verified } = user;
    return { accountId: id, claims: () => ({ sub: id, email, email_verified: verified, name, locale }) };
  };
}
