/**
 * THE TABLE of what the identity server does outside of tenants' transactions, with the reason. Everything else runs under
 * row-level security of one tenant, or of the nil tenant, whose rows are the platform's people. A law (tools/imports.ts)
 * lets identity open a transaction of the platform here only. Operations without a tenant in their path (operators, people)
 * commit as the platform by `operations/commit.ts`; those on people enter the nil tenant first.
 */
import { crossTenants, type Store, type SystemTx, type TenantTx } from '../store/store.ts';

export const systemWide = {
  attempts: 'Failed sign-ins are counted by network over all issuers. Their table has hashes and no tenant.',
  mail: 'Mail is sent by the platform. A mail names its recipient and no tenant.',
  issuers: 'A host name leads to an issuer, and keys are due at any of them: all issuers of the platform are read.',
  clients: 'A client id names no tenant. The snapshot says whose it is, and the client is read as that tenant.',
  rights: 'A resource names a tenant by its slug, and scopes are those of any number of providers.',
  memberships: 'A person may be a member of any number of tenants, which are listed here.',
  connections: 'The id of a connection, a slug or a mail domain names no tenant: it is found here.',
  domains: 'A domain has one owner on the whole platform.',
  operators: 'Operators and their tokens belong to the installation, and to no tenant.',
  expiry: 'A job removes what has expired, at all issuers, in the order of time.',
} as const satisfies Readonly<Record<string, string>>;

export type SystemWide = keyof typeof systemWide;

/** A transaction of the platform, for a reason of the table. */
export const asPlatform = <T>(store: Store, what: SystemWide, work: (tx: SystemTx) => Promise<T>): Promise<T> =>
  store.system(systemWide[what], work);

/** A part of a tenant's transaction as the platform, for a reason of the table. */
export const crossing = <T>(tx: TenantTx, what: SystemWide, work: (tx: SystemTx) => Promise<T>): Promise<T> =>
  crossTenants(tx, systemWide[what], work);
