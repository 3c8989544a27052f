/** Transactions of the tenant whose issuer it is, and of the platform's people. */
import type { Store, SystemTx, TenantTx } from '../store/store.ts';
import { withinTenant } from '../store/store.ts';
import { fromIdentity } from '../tenancy/doors.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';

/** The people, sessions, keys and artifacts of one issuer, and what else is its tenant's. */
export const ofIssuer = <T>(
  store: Store,
  { tenantUuid }: { readonly tenantUuid: string },
  work: (tx: TenantTx) => Promise<T>,
): Promise<T> => store.tenant(fromIdentity('issuer', tenantUuid), work);

/** The same as a part of a transaction. */
export const withinIssuer = <T>(
  tx: TenantTx | SystemTx,
  { tenantUuid }: { readonly tenantUuid: string },
  work: (own: TenantTx) => Promise<T>,
): Promise<T> => withinTenant(tx, fromIdentity('issuer', tenantUuid), work);

/** The platform's people: members of tenants sign in with them. */
export const platform = { tenantUuid: nilTenant } as const;
