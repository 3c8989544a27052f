/** A version's OpenAPI document: read once at the door, stored beside the version. */
import { Problem, type RouteOperation } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';
import type { OpenapiReader } from '../../control/openapi/reader.ts';

export interface ReadDocument {
  readonly document: object;
  readonly operations: readonly RouteOperation[];
}

/** Reads what was sent: YAML or JSON as text, or the object itself. Throws `openapi_invalid` with all that is wrong. */
export async function readDocument(
  sent: string | Readonly<Record<string, unknown>>,
  reader: OpenapiReader,
): Promise<ReadDocument> {
  const read = await reader.read(typeof sent === 'string' ? sent : JSON.stringify(sent, null, 2));
  if (!read.ok) throw new Problem('openapi_invalid', { violations: read.violations });
  const operations = read.operations.map(({ id, method, path, scopes }) => ({
    id,
    method,
    path,
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
  }));
  return { document: read.document, operations };
}

/** Stores the document of a version, or removes it. */
export async function storeDocument(tx: TenantTx, versionId: string, read: ReadDocument | null): Promise<void> {
  if (read === null) {
    await tx.sql`delete from version_documents where tenant_id = ${tx.tenantUuid} and version_id = ${versionId}`;
    return;
  }
  await tx.sql`
    insert into version_documents (tenant_id, version_id, document, operations)
    values (${tx.tenantUuid}, ${versionId}, ${JSON.stringify(read.document)}::text::json,
            ${JSON.stringify(read.operations)}::text::jsonb)
    on conflict (tenant_id, version_id) do update set document = excluded.document, operations = excluded.operations`;
}
