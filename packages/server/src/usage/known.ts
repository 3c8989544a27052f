import { uuidFromId } from '@tulou/contract';
import type { SystemTx } from '../store/store.ts';

/** UUIDs of those tenants that are in the directory, by id. */
export async function knownTenants({ sql }: SystemTx, ids: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const uuids = new Map<string, string>();
  for (const id of new Set(ids)) {
    const uuid = uuidFromId('tenant', id);
    if (uuid !== undefined) uuids.set(id, uuid);
  }
  const found = await sql<{ tenant_id: string }[]>`
    select tenant_id from tenants where tenant_id = any(${[...uuids.values()]}::uuid[]) and purged_at is null`;
  const there = new Set(found.map(({ tenant_id }) => tenant_id));
  return new Map([...uuids].filter(([, uuid]) => there.has(uuid)));
}
