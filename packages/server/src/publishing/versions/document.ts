/** The OpenAPI document of a version. It is read once, at publication, and stored beside the version. */
import { Problem, type RouteOperation, type Violation } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';
import type { ApiRow } from '../apis/api.ts';
import type { OpenapiReader } from '../openapi/reader.ts';
import type { PublishableDocument } from '../openapi/reading.ts';
import { scopesOf } from '../scope.ts';

export interface ReadDocument extends PublishableDocument {
  /** As it was sent. */
  readonly text: string;
}

/** A document as a caller sends it: YAML or JSON. An object arrives as the text that was sent (`rawMembers`). */
type Sent = string | Readonly<Record<string, unknown>>;

/** Reads a document. Throws `openapi_invalid` if it cannot be published; with `isStrict`, also for warnings. */
export async function readDocument(
  sent: Sent,
  tenant: string,
  isStrict: boolean,
  reader: OpenapiReader,
): Promise<ReadDocument> {
  const text = typeof sent === 'string' ? sent : JSON.stringify(sent);
  const reading = await reader.read(text, tenant);
  const { errors, warnings, items } = reading.report;
  if (reading.ok && !(isStrict && errors + warnings > 0)) return { ...reading, text };
  const kept = isStrict ? items : items.filter(({ severity }) => severity === 'error');
  const violations = kept.map(({ pointer, message, line, column }) => ({ pointer, message, line, column }));
  throw new Problem('openapi_invalid', { violations, detail: `${errors} errors, ${warnings} warnings` });
}

interface Scoped {
  readonly scopes?: readonly string[] | undefined;
}

/** Whether a gateway must check scopes for any of these operations. */
export const isScoped = (operations: readonly Scoped[]): boolean =>
  operations.some(({ scopes }) => (scopes?.length ?? 0) > 0);

/** Whether any operation of a document requires scopes, also an operation that is not published. */
export const asksForScopes = (read: ReadDocument): boolean => isScoped(read.operations) || isScoped(read.unpublished);

/**
 * Throws `openapi_invalid` if callers could still reach an operation that is not published: a version that is not strict
 * forwards unknown operations, and requires no scope for them.
 */
export function holdUnpublished(read: ReadDocument, strict: boolean): void {
  if (strict || !asksForScopes(read) || read.report.errors === 0) return;
  const violations = read.report.items.filter(({ severity }) => severity === 'error').map(violationOf);
  const detail =
    'Without `strict` the operations that an error touches would be forwarded with no scope checked. Correct the ' +
    'errors, or set `strict` to true: then those operations are refused.';
  throw new Problem('openapi_invalid', { violations, detail });
}

const violationOf = ({ pointer, message, line, column }: Violation): Violation => ({
  pointer,
  message,
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
});

/** Throws `openapi_invalid` if an operation requires a scope that the API does not define: such a scope can never be granted. */
export async function holdScopes(
  tx: TenantTx,
  tenant: string,
  api: ApiRow,
  operations: readonly RouteOperation[],
): Promise<void> {
  if (!isScoped(operations)) return;
  const defined = new Set((await scopesOf(tx, api)).map(({ name }) => name));
  const wanted = Map.groupBy(
    operations.flatMap((operation) => (operation.scopes ?? []).map((scope) => ({ scope, operation }))),
    ({ scope }) => scope,
  );
  const unknown = [...wanted].filter(([scope]) => !defined.has(scope));
  if (unknown.length === 0) return;
  const violations = unknown.slice(0, violationsMax).map(([scope, uses]): Violation => {
    const { method = '', path = '' } = uses[0]?.operation ?? {};
    const place = path.replaceAll('~', '~0').replaceAll('/', '~1');
    const others = uses.length === 1 ? '' : ` and ${uses.length - 1} more`;
    return {
      pointer: `/openapi/paths/${place}/${method.toLowerCase()}/security`,
      message:
        `The scope \`${scope}\` is not defined for this API, but \`${method} ${path}\`${others} require it. ` +
        `Define it: ${commandFor(tenant, api.slug, scope)}`,
    };
  });
  throw new Problem('openapi_invalid', { violations, detail: `${unknown.length} scopes are not defined` });
}

const violationsMax = 100;

const commandFor = (tenant: string, api: string, scope: string): string =>
  `tulou scopes create ${tenant} ${api} --name ${scope} --risk low --set title.en=… --set title.zh=… ` +
  `--set description.en=… --set description.zh=…`;

/** Stores the document of a version, or removes it. */
export async function storeDocument(tx: TenantTx, versionId: string, read: ReadDocument | null): Promise<void> {
  if (read === null) {
    await tx.sql`delete from version_documents where tenant_id = ${tx.tenantUuid} and version_id = ${versionId}`;
    return;
  }
  const [json, source] = read.json === undefined ? [read.text, null] : [read.json, read.text];
  await tx.sql`
    insert into version_documents (tenant_id, version_id, document, source, operations, findings)
    values (${tx.tenantUuid}, ${versionId}, ${json}::text::json, ${source},
            ${JSON.stringify(read.operations)}::text::jsonb, ${JSON.stringify(read.report.items)}::text::jsonb)
    on conflict (tenant_id, version_id) do update set document = excluded.document, source = excluded.source,
      operations = excluded.operations, findings = excluded.findings`;
}
