/** Rows of calls, as a tenant sees them. */
import { errors, isErrorCode, type Environment, type Id, type Output } from '@tulou/contract';
import type { calls } from '@tulou/contract/operations/calls';
import type { TenantTx } from '../../store/store.ts';
import { namesOf, type Names } from '../names.ts';

export type CallView = Output<typeof calls.get>;

export interface CallRow {
  readonly id: Id<'request'>;
  readonly batch: number;
  readonly side: CallView['side'];
  readonly at: Date;
  readonly environment: Environment;
  readonly api: string;
  readonly version: string;
  readonly operation: string;
  readonly app: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: string | null;
  readonly detail: string | null;
  readonly cause: string | null;
  readonly address: string | null;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly duration_us: number;
  readonly upstream_us: number | null;
}

/** Rows with the names that this tenant may know. */
export async function viewCalls(tx: TenantTx, rows: readonly CallRow[]): Promise<CallView[]> {
  if (rows.length === 0) return [];
  const names = await namesOf(
    tx,
    rows.map((row) => ({ ...row, some_api: row.api })),
  );
  return rows.map((row) => viewCall(row, names));
}

function viewCall(row: CallRow, names: Names): CallView {
  const { batch: _, at, operation, api, version, app, key, code, detail, ...facts } = row;
  const named = (kind: keyof Names, id: string) => ({ id, name: names[kind].get(id) ?? null });
  const entry = code !== null && isErrorCode(code) ? errors[code] : undefined;
  return {
    ...facts,
    at: at.toISOString(),
    api: named('api', api),
    version: named('version', version),
    operation: operation === '' ? null : operation,
    app: app === '' ? null : named('app', app),
    key: key === '' ? null : named('key', key),
    code,
    reason: entry?.title ?? null,
    fault: entry?.fault ?? null,
    detail: detail ?? entry?.help ?? null,
  };
}
