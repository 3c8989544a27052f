/** `PUT /internal/v1/calls/{batch}`: records of single calls, each taken once, by its id. */
import { callRecord, callsLeftOut, limits, Problem, type CallRecord, type CallsLeftOut } from '@tulou/contract';
import { z } from 'zod';
import { openAdmission } from '../../http/admission.ts';
import type { HttpAnswer, HttpRequest } from '../../http/message.ts';
import type { Params } from '../../http/routes.ts';
import type { Deps } from '../../operations/handler.ts';
import type { SystemTx } from '../../store/store.ts';
import { readReport } from '../body.ts';
import { knownTenants } from '../known.ts';

const bodyBytesMax = 8 * 1024 * 1024;
const batchesAtOnce = 4;

/** Records are judged one by one: one that cannot be read must not cost the others. */
const envelope = z.object({
  batch: z.string().min(1).max(120),
  calls: z.array(z.unknown()).max(limits.callBatchRecordsMax),
  left_out: z.array(z.unknown()).max(10_000),
});

/** Opens the intake, with a bound on concurrent batches. */
export function openCallIntake(deps: Deps): (request: HttpRequest, params: Params) => Promise<HttpAnswer> {
  const admission = openAdmission(batchesAtOnce, 'records of calls');
  return async (request, params) => {
    const leave = admission.enter();
    try {
      return await takeCalls(request, params, deps);
    } finally {
      leave();
    }
  };
}

async function takeCalls(request: HttpRequest, params: Params, deps: Deps): Promise<HttpAnswer> {
  const read = envelope.safeParse(await readReport(request, bodyBytesMax));
  if (!read.success || read.data.batch !== params['batch'])
    throw new Problem('invalid_request', { detail: 'the body is the batch that the path names' });
  const { batch } = read.data;
  const calls = read.data.calls.flatMap((one) => callRecord.safeParse(one).data ?? []);
  const leftOut = read.data.left_out.flatMap((one) => callsLeftOut.safeParse(one).data ?? []);
  const unreadable = read.data.calls.length - calls.length;
  if (unreadable > 0) deps.log.warn({ batch, unreadable }, 'records of calls cannot be read');
  const now = new Date(deps.clock.now());
  await deps.store.system('a gateway reports calls of all tenants', async (tx) => {
    const ids = [
      ...calls.flatMap(({ provider, consumer }) => [provider, consumer ?? provider]),
      ...leftOut.map(({ tenant }) => tenant),
    ];
    const known = await knownTenants(tx, ids);
    await addLeftOut(tx, { batch, leftOut, known, now });
    await addCalls(
      tx,
      calls.flatMap((call) => rowsOf(call, known)),
    );
  });
  return { status: 204 };
}

interface CallRow extends Omit<CallRecord, 'provider' | 'consumer' | 'at_ms' | 'remedy' | 'address'> {
  readonly tenant_id: string;
  readonly side: 'provider' | 'developer' | 'both';
  readonly at_ms: number;
  readonly address: string | null;
}

/** A call belongs to the tenant that published the API and to the one that made it: each row has what its tenant may see. */
function rowsOf(call: CallRecord, known: ReadonlyMap<string, string>): CallRow[] {
  const { provider: providerId, consumer: consumerId, remedy, ...facts } = call;
  const provider = known.get(providerId);
  const developer = consumerId === null ? undefined : known.get(consumerId);
  const told = [call.detail, remedy].filter((one) => one !== null).join(' ');
  const detail = told === '' ? null : told;
  if (provider === undefined) return [];
  if (provider === developer) return [{ ...facts, detail, tenant_id: provider, side: 'both' }];
  const provided: CallRow = { ...facts, key: null, address: null, tenant_id: provider, side: 'provider' };
  if (developer === undefined) return [provided];
  return [provided, { ...facts, detail, cause: null, tenant_id: developer, side: 'developer' }];
}

/** The number of the batch is drawn last of all locks, and held to the commit: see the migration. */
async function addCalls({ sql }: SystemTx, rows: readonly CallRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    with head as (update call_head set seq = seq + 1 returning seq)
    insert into calls (tenant_id, id, batch, side, at, environment, api, version, operation, app, key, method, path, status,
                       code, detail, cause, address, request_bytes, response_bytes, duration_us, upstream_us)
    select r.tenant_id, r.id, head.seq, r.side, to_timestamp(r.at_ms / 1000.0), r.environment, r.api, r.version,
      coalesce(r.operation, ''), coalesce(r.app, ''), coalesce(r.key, ''), r.method, r.path, r.status, r.code, r.detail,
      r.cause, r.address, r.request_bytes, r.response_bytes, r.duration_us, r.upstream_us
    from head, jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      tenant_id uuid, id text, side text, at_ms bigint, environment text, api text, version text, operation text, app text,
      key text, method text, path text, status smallint, code text, detail text, cause text, address text,
      request_bytes bigint, response_bytes bigint, duration_us bigint, upstream_us bigint)
    order by r.tenant_id, r.id
    on conflict (tenant_id, id) do nothing`;
}

interface LeftOut {
  readonly batch: string;
  readonly leftOut: readonly CallsLeftOut[];
  readonly known: ReadonlyMap<string, string>;
  readonly now: Date;
}

async function addLeftOut({ sql }: SystemTx, { batch, leftOut, known, now }: LeftOut): Promise<void> {
  const rows = leftOut.flatMap(({ tenant, calls }) => {
    const uuid = known.get(tenant);
    return uuid === undefined ? [] : [{ tenant_id: uuid, calls }];
  });
  if (rows.length === 0) return;
  await sql`
    insert into calls_left_out (tenant_id, batch, at, calls)
    select tenant_id, ${batch}, ${now}, sum(calls)
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (tenant_id uuid, calls bigint)
    group by tenant_id order by tenant_id
    on conflict (tenant_id, batch) do nothing`;
}
