/** The artifacts of oidc-provider that belong to one person. */
import type { AdapterPayload } from 'oidc-provider';
import type { TenantTx } from '../../store/store.ts';
import type { Vault } from '../../kernel/seal.ts';
import { readArtifact, type Row } from './rows.ts';

export interface Owned {
  readonly idHash: string;
  /** The hash of the artifact's `uid`, if its kind has one. */
  readonly uidHash: string | null;
  readonly payload: AdapterPayload;
}

/** All of a kind that belong to the account and have not expired. */
export async function listArtifactsOf(
  { sql }: TenantTx,
  { tenantUuid, kind, account }: { readonly tenantUuid: string; readonly kind: string; readonly account: string },
  now: Date,
  vault: Vault,
): Promise<readonly Owned[]> {
  const rows = await sql<(Row & { uidHash: string | null })[]>`
    select id_hash as "idHash", uid_hash as "uidHash", secret_payload #>> '{}' as sealed, consumed_at as "consumedAt"
    from identity_artifacts
    where tenant_id = ${tenantUuid} and account = ${account} and kind = ${kind} and expires_at > ${now}
    order by id_hash`;
  return rows.map((row) => ({
    idHash: row.idHash,
    uidHash: row.uidHash,
    payload: readArtifact(row, { tenantUuid, kind }, vault),
  }));
}

/** False: it did not exist. */
export async function deleteArtifactOf(
  { sql }: TenantTx,
  { tenantUuid, kind, account }: { readonly tenantUuid: string; readonly kind: string; readonly account: string },
  idHash: string,
): Promise<boolean> {
  const { count } = await sql`
    delete from identity_artifacts
    where tenant_id = ${tenantUuid} and account = ${account} and kind = ${kind} and id_hash = ${idHash}`;
  return count === 1;
}
