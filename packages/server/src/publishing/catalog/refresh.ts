/** Keeps the catalog row of an API consistent with the API, its versions and its plans. */
import type { TenantTx } from '../../store/store.ts';

/**
 * Rewrites the row from the current data. The caller holds the lock of the API (`lockApi`): without it, two concurrent
 * refreshes would each miss the change of the other.
 */
export async function refreshCatalog(tx: TenantTx, apiId: string, now: Date): Promise<void> {
  await tx.sql`
    insert into catalog (tenant, api_id, tenant_slug, api_slug, name, description, visibility, versions, plans,
                         scopes, provider_active, published, words, updated_at)
    select a.tenant_id, a.id, t.slug, a.slug, a.name, a.description, a.visibility, v.list, p.list, s.list,
      t.suspended_at is null and t.delete_at is null, jsonb_array_length(v.list) > 0,
      lower(concat_ws(' ', t.slug || '/' || a.slug, a.name, a.description)), ${now}
    from apis a
      join tenants t on t.tenant_id = a.tenant_id
      cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object(
          'id', id, 'name', name, 'state', state, 'access', access, 'deprecated_at', deprecated_at,
          'sunset_at', sunset_at, 'documented', exists (
            select from version_documents d where d.tenant_id = versions.tenant_id and d.version_id = versions.id
          )) order by id), '[]') as list
        from versions where tenant_id = a.tenant_id and api_id = a.id and state in ('live', 'deprecated')
      ) v
      cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object(
          'id', id, 'slug', slug, 'name', name, 'limits', limits, 'concurrency', concurrency, 'approval', approval
        ) order by id), '[]') as list
        from plans where tenant_id = a.tenant_id and api_id = a.id
      ) p
      cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object(
          'scope', t.slug || '/' || a.slug || ':' || scopes.name, 'risk', risk, 'title', title,
          'description', scopes.description) order by scopes.name), '[]') as list
        from scopes where tenant_id = a.tenant_id and api_id = a.id and deleted_at is null
      ) s
    where a.tenant_id = ${tx.tenantUuid} and a.id = ${apiId}
    on conflict (api_id) do update set name = excluded.name, description = excluded.description,
      visibility = excluded.visibility, versions = excluded.versions, plans = excluded.plans,
      scopes = excluded.scopes, provider_active = excluded.provider_active, published = excluded.published, words = excluded.words,
      updated_at = excluded.updated_at`;
}

/** Shows or hides all APIs of the transaction's tenant. */
export async function showProvider({ sql, tenantUuid }: TenantTx, active: boolean): Promise<void> {
  await sql`update catalog set provider_active = ${active} where tenant = ${tenantUuid}`;
}
