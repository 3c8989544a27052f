import { limits, Problem, type Body } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import { newId } from '../../kernel/random.ts';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import type { PublishingDeps } from '../deps.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { holdQuota } from '../../operations/quota.ts';
import { versionChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { holdScopes, holdUnpublished, asksForScopes, readDocument, storeDocument } from './document.ts';
import { deprecationOf, holdComplete, holdStrict } from './state.ts';
import { settleUpstreams } from './named-service.ts';
import { judgeUpstreams } from './upstream.ts';
import { copyOf, viewVersion, type VersionRow } from './version.ts';

export const createVersion: Handler<typeof versions.create, PublishingDeps> = async (
  scope,
  { params, body },
  deps,
  call,
) => {
  judgeUpstreams(body.upstreams, deps.upstreamAllow);
  const now = new Date(deps.clock.now());
  const settled = settle(body, now);
  holdComplete({ ...settled, upstreams: body.upstreams });
  const read =
    body.openapi === null
      ? null
      : await readDocument(body.openapi, scope.tenantUuid, body.strict_document, deps.openapi);
  const operations = (read?.operations ?? []).map(copyOf);
  const scoped = read !== null && asksForScopes(read);
  holdStrict(body.strict, operations.length);
  if (read !== null) holdUnpublished(read, body.strict ?? scoped);
  const access = body.access ?? read?.access ?? 'key';
  const { errors = 0, warnings = 0, items = [] } = read?.report ?? {};
  return call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const upstreams = await settleUpstreams(tx, body.upstreams);
    if (settled.state !== 'draft') await holdScopes(tx, params.tenant, api, operations);
    const counted = tx.sql`select 1 from versions where tenant_id = ${scope.tenantUuid} and api_id = ${api.id}`;
    const held = holdQuota(tx, counted, limits.versionsPerApiMax, 'versions of this API');
    const id = newId('version', deps.clock, deps.random);
    const inserting = tx.sql<VersionRow[]>`
      insert into versions (tenant_id, id, api_id, name, state, access, upstreams, timeout_ms, request_bytes_max,
                            deprecated_at, sunset_at, operation_count, strict, scoped, finding_errors, finding_warnings,
                            created_at, updated_at)
      values (${scope.tenantUuid}, ${id}, ${api.id}, ${body.name}, ${settled.state}, ${access},
              ${JSON.stringify(upstreams)}::text::jsonb, ${body.timeout_ms}, ${body.request_bytes_max},
              ${settled.deprecated_at}, ${settled.sunset_at}, ${operations.length}, ${body.strict ?? null}, ${scoped},
              ${errors}, ${warnings}, ${now}, ${now})
      on conflict (tenant_id, api_id, name) do nothing returning *`;
    const [, [row]] = await Promise.all([held, inserting]);
    if (row === undefined) throw new Problem('conflict', { detail: `There is a version \`${body.name}\` already.` });
    if (read !== null) await storeDocument(tx, id, read);
    await refreshCatalog(tx, api.id, now);
    publish(tx, [versionChange(scope, row, operations)]);
    const after = viewVersion(api, row);
    const output = { ...after, findings: { ...after.findings, items: [...items] } };
    return { output, target: id, before: null, after };
  });
};

function settle(body: Body<typeof versions.create>, now: Date) {
  const state = body.state ?? (body.upstreams.length > 0 ? 'live' : 'draft');
  const said = body.deprecated_at == null ? body.deprecated_at : new Date(body.deprecated_at);
  return {
    state,
    deprecated_at: deprecationOf(state, said, null, now),
    sunset_at: body.sunset_at == null ? null : new Date(body.sunset_at),
  };
}
