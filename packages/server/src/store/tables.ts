/**
 * Tables of the ground floors, by the folder that alone writes them. Planes declare theirs in their manifests, and a law
 * (tools/tables.ts) holds every statement of the server to it.
 */
export const groundTables: Readonly<Record<string, 'store' | 'snapshot' | 'operations'>> = {
  schema_migrations: 'store',
  installation: 'store',
  worker_jobs: 'store',
  hosts: 'store',
  snapshot_head: 'snapshot',
  snapshot_objects: 'snapshot',
  audit: 'operations',
  audit_heads: 'operations',
  idempotency: 'operations',
  events: 'operations',
  platform_tokens: 'operations',
};

/**
 * Tables of planes that the ground floors read: to know the caller, the tenant in the path and the owner of a host name, and to
 * check the master key.
 */
export const groundReads: readonly string[] = [
  'tenants',
  'members',
  'tokens',
  'users',
  'operators',
  'connections',
  'domain_owners',
  'signing_keys',
];
