import { limits, Problem } from '@tulou/contract';
import type { calls } from '@tulou/contract/operations/calls';
import { must } from '../../kernel/assert.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewCalls, type CallRow } from './call.ts';

/** One text for a call of other tenants, for one that never was, and for one of which no record was kept. */
const noRecord = `No call with this ID is kept. Records are kept for ${limits.callHours} hours; under load, the gateway keeps a sample.`;

export const getCall: Handler<typeof calls.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const rows = await tx.sql<CallRow[]>`
      select id, batch, side, at, environment, api, version, operation, app, key, method, path, status, code, detail, cause,
        address, request_bytes, response_bytes, duration_us, upstream_us
      from calls where tenant_id = ${scope.tenantUuid} and id = ${params.request}`;
    if (rows.length === 0) throw new Problem('not_found', { detail: noRecord });
    const [call] = await viewCalls(tx, rows);
    return must(call, 'a row has a view');
  });
