import type { Body } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import { must } from '../../kernel/assert.ts';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import type { PublishingDeps } from '../deps.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { versionChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import {
  asksForScopes,
  holdScopes,
  holdUnpublished,
  isScoped,
  readDocument,
  storeDocument,
  type ReadDocument,
} from './document.ts';
import { deprecationOf, holdComplete, holdStrict, holdTransition } from './state.ts';
import { settleUpstreams } from './named-service.ts';
import { judgeUpstreams } from './upstream.ts';
import { findingsOf, findVersion, operationsOf, viewVersion, type VersionRow } from './version.ts';

export const updateVersion: Handler<typeof versions.update, PublishingDeps> = async (
  scope,
  { params, body },
  deps,
  call,
) => {
  if (body.upstreams !== undefined) judgeUpstreams(body.upstreams, deps.upstreamAllow);
  const { openapi } = body;
  const read =
    openapi == null ? openapi : await readDocument(openapi, scope.tenantUuid, body.strict_document, deps.openapi);
  return call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const before = await findVersion(tx, api, params.version);
    call.expect(viewVersion(api, before));
    const now = new Date(deps.clock.now());
    const upstreams = body.upstreams === undefined ? before.upstreams : await settleUpstreams(tx, body.upstreams);
    const to = { ...merge(before, body, now), upstreams };
    holdTransition(before.state, to.state);
    holdComplete(to);
    if (read !== undefined) await storeDocument(tx, before.id, read);
    const operations = await operationsOf(tx, before.id);
    const scoped = read === undefined ? before.scoped || isScoped(operations) : read !== null && asksForScopes(read);
    holdStrict(to.strict, operations.length);
    if (read != null) holdUnpublished(read, to.strict ?? scoped);
    const isPublished = to.state !== 'draft' && (read != null || before.state === 'draft');
    if (isPublished) await holdScopes(tx, params.tenant, api, operations);
    const counts = countsOf(before, read);
    const [row] = await tx.sql<VersionRow[]>`
      update versions set state = ${to.state}, access = ${to.access},
        upstreams = ${JSON.stringify(to.upstreams)}::text::jsonb, timeout_ms = ${to.timeout_ms},
        request_bytes_max = ${to.request_bytes_max}, deprecated_at = ${to.deprecated_at}, sunset_at = ${to.sunset_at},
        operation_count = ${operations.length}, strict = ${to.strict}, scoped = ${scoped},
        finding_errors = ${counts.errors}, finding_warnings = ${counts.warnings}, updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id} returning *`;
    const after = must(row, 'a locked row is there');
    await refreshCatalog(tx, api.id, now);
    publish(tx, [versionChange(scope, after, operations)]);
    const view = viewVersion(api, after);
    const items = read === undefined ? await findingsOf(tx, after.id) : [...(read?.report.items ?? [])];
    const output = { ...view, findings: { ...view.findings, items } };
    return { output, target: after.id, before: viewVersion(api, before), after: view };
  });
};

function countsOf(before: VersionRow, read: ReadDocument | null | undefined): { errors: number; warnings: number } {
  if (read === undefined) return { errors: before.finding_errors, warnings: before.finding_warnings };
  return { errors: read?.report.errors ?? 0, warnings: read?.report.warnings ?? 0 };
}

function merge(before: VersionRow, body: Body<typeof versions.update>, now: Date) {
  const state = body.state ?? before.state;
  const said = body.deprecated_at == null ? body.deprecated_at : new Date(body.deprecated_at);
  const sunset = body.sunset_at == null ? body.sunset_at : new Date(body.sunset_at);
  return {
    state,
    access: body.access ?? before.access,
    strict: body.strict ?? before.strict,
    timeout_ms: body.timeout_ms ?? before.timeout_ms,
    request_bytes_max: body.request_bytes_max ?? before.request_bytes_max,
    deprecated_at: deprecationOf(state, said, before.deprecated_at, now),
    sunset_at: sunset === undefined ? before.sunset_at : sunset,
  };
}
