/** A version's OpenAPI document: read once at the door, stored beside the version. */
import { Problem, type RouteOperation, type Violation } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';
import { readOpenapi } from '../openapi/read.ts';

export interface ReadDocument {
  readonly document: object;
  readonly operations: readonly RouteOperation[];
}

/** Reads what was sent: YAML or JSON as text, or the object itself. Throws `openapi_invalid` with all that is wrong. */
export function readDocument(sent: string | Readonly<Record<string, unknown>>): ReadDocument {
  const read = readOpenapi(typeof sent === 'string' ? sent : JSON.stringify(sent, null, 2));
  if (!read.ok) throw new Problem('openapi_invalid', { violations: read.violations });
  const operations = read.operations.map(({ id, method, path, scopes }) => ({
    id,
    method,
    path,
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
  }));
  const violations = operations.flatMap(faultsOf);
  if (violations.length > 0) throw new Problem('openapi_invalid', { violations });
  return { document: read.document, operations };
}

/** Beyond what OpenAPI asks: routing compares paths as text, and metering counts by the operation's id. */
function faultsOf({ id, method, path }: RouteOperation): Violation[] {
  const pointer = `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const fault = (message: string): Violation => ({ pointer, message });
  return [
    ...(textOf(200).test(id)
      ? []
      : [fault(`the operationId of ${method} must be 1 to 200 characters, none a control character`)]),
    ...(textOf(1000).test(path) ? [] : [fault('a path must be 1 to 1000 characters, none a control character')]),
  ];
}

const textOf = (charactersMax: number): RegExp => new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${charactersMax}}$`, 'u');

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
