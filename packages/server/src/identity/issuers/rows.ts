/** Queries on `issuers`, and on how far the configuration has come. */
import { isOwnHost, originOf } from '../../http/origin.ts';
import type { SystemTx } from '../../store/store.ts';
import type { Issuer } from './issuer.ts';

/** The configuration's number. Numbers of two epochs are not comparable, and before `floor` not all changes can be listed. */
export interface Head {
  readonly epoch: string;
  readonly seq: number;
  readonly floor: number;
}

export async function readHead({ sql }: SystemTx): Promise<Head> {
  const [head] = await sql<[Head]>`select epoch, seq, floor from snapshot_head`;
  return head;
}

/** Tenants (nil: the platform) whose issuer, or who themselves, have changed since then. */
export async function readChanged({ sql }: SystemTx, since: number): Promise<readonly string[]> {
  const rows = await sql<{ tenant: string }[]>`
    select distinct tenant from snapshot_objects where seq > ${since} and kind in ('issuer', 'tenant')`;
  return rows.map(({ tenant }) => tenant);
}

interface Row extends Omit<Issuer, 'issuer' | 'accent'> {
  readonly host: string;
  readonly accent: string | null;
}

/**
 * The tenants' issuers that are in use, of these tenants or of all. `refused` have a host name that the platform must not
 * serve as theirs: version 0.1.0 accepted names that the URL parser reads as another one, even as the platform's.
 */
export async function readIssuers(
  { sql }: SystemTx,
  tenants: readonly string[] | undefined,
  platformUrl: string,
): Promise<{ readonly found: readonly Issuer[]; readonly refused: readonly Pick<Row, 'host' | 'tenantUuid'>[] }> {
  const these = tenants === undefined ? sql`` : sql`and i.tenant_id = any(${[...tenants]}::uuid[])`;
  const rows = await sql<Row[]>`
    select i.tenant_id as "tenantUuid", i.host, i.name, i.accent, i.sign_up as "signUp"
    from issuers i join tenants t on t.tenant_id = i.tenant_id
    where i.state = 'active' and t.suspended_at is null and t.delete_at is null ${these}`;
  const served = rows.filter(({ host }) => isOwnHost(host, platformUrl));
  const found = served.map(({ host, accent, ...rest }) => ({
    ...rest,
    issuer: originOf(host, platformUrl),
    accent: accent ?? undefined,
  }));
  return { found, refused: rows.filter((row) => !served.includes(row)) };
}
