import { holdReference } from '../operations/references.ts';
import type { TenantTx } from '../store/store.ts';

export interface References {
  readonly api?: string | undefined;
  readonly version?: string | undefined;
  readonly app?: string | undefined;
  readonly key?: string | undefined;
}

interface Named {
  readonly name: string;
}

/** Throws `not_found` for a name that is none of the tenant's own. */
export async function holdReferences({ sql, tenantUuid }: TenantTx, wish: References): Promise<void> {
  const own = sql`tenant_id = ${tenantUuid}`;
  await holdReference('api', wish.api, () => sql<Named[]>`select slug as name from apis where ${own}`);
  await holdReference('version', wish.version, () => sql<Named[]>`select distinct name from versions where ${own}`);
  await holdReference('app', wish.app, () => sql<Named[]>`select slug as name from apps where ${own}`);
  await holdReference('key', wish.key, async () => []);
}
