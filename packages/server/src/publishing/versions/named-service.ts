/** Upstreams that name a service of the tenant in the place of a URL. */
import { Problem, type Body } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import type { UpstreamFacts } from '../../snapshot/compile.ts';
import type { TenantTx } from '../../store/store.ts';

type Asked = Body<typeof versions.create>['upstreams'];

interface Named {
  readonly id: string;
  readonly slug: string;
  readonly tenant_slug: string;
}

/**
 * The upstreams as they are stored. A service that is named is locked until the end of the transaction, so that it is not
 * deleted meanwhile. Throws `invalid_request` where the tenant has none of this slug.
 */
export async function settleUpstreams(tx: TenantTx, asked: Asked): Promise<readonly UpstreamFacts[]> {
  const slugs = [...new Set(asked.flatMap(({ service }) => service ?? []))];
  const found = slugs.length === 0 ? [] : await lockServices(tx, slugs);
  return asked.map(({ url, service, weight, environment }, i) => {
    const share = { weight, ...(environment === undefined ? {} : { environment }) };
    if (url !== undefined) return { url, ...share };
    const named = found.find(({ slug }) => slug === service);
    if (named !== undefined)
      return {
        service: named.slug,
        service_id: named.id,
        host: `${named.slug}.${named.tenant_slug}.internal`,
        ...share,
      };
    const message = 'is no service of this tenant: create it with `services create` or `tulou deploy`';
    throw new Problem('invalid_request', { violations: [{ pointer: `/upstreams/${i}/service`, message }] });
  });
}

async function lockServices({ sql, tenantUuid }: TenantTx, slugs: readonly string[]): Promise<readonly Named[]> {
  return sql<Named[]>`
    select s.id, s.slug, t.slug as tenant_slug from services s join tenants t on t.tenant_id = s.tenant_id
    where s.tenant_id = ${tenantUuid} and s.slug = any(${[...slugs]}::text[])
    order by s.id for share of s`;
}
