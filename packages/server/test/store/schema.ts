/**
 * The rules of the schema, held against PostgreSQL's own catalogue: what isolation rests on, and what keeps the same
 * schema runnable on Citus (every key of a tenant's table begins with its tenant; no triggers, sequences, exclusion or
 * deferrable constraints).
 */
import type { Sql } from '../../src/store/pool.ts';

/** Tables that belong to the platform. Whatever is not named here is a tenant table and has to be one. */
const referenceTables: ReadonlySet<string> = new Set([
  'schema_migrations',
  'tenants',
  'platform_tokens',
  'worker_jobs',
  'gateways',
  'catalog',
  'hosts',
  'domain_owners',
  'snapshot_head',
  'snapshot_objects',
  'usage_segments',
  'call_head',
  'hosting_head',
  'hosting_hosts',
  'service_log_head',
  'sign_in_attempts',
  'mails',
  'operators',
  'installation',
]);

/** Reference tables without a tenant in their rows that a tenant's transaction may use, and what it may do there. */
const openToTenants: Readonly<Record<string, readonly string[]>> = {
  snapshot_head: ['SELECT', 'UPDATE'],
  call_head: ['SELECT'],
  hosting_head: ['SELECT', 'UPDATE'],
  service_log_head: ['SELECT'],
};

/** Tables whose rows nobody changes once they are written. */
const appendOnly: ReadonlySet<string> = new Set(['audit']);

const ofTenant = "(tenant_id = (current_setting('app.tenant'::text))::uuid)";

interface Found {
  readonly name: string;
  readonly what: string;
}

interface Table {
  readonly name: string;
  readonly secured: boolean;
  readonly forced: boolean;
  readonly owner: string;
}

/** Everything in the schema `public` that breaks a rule, as `<object>: <rule>`; empty where all is well. */
export async function schemaViolations(sql: Sql): Promise<readonly string[]> {
  const tables = await sql<Table[]>`
    select relname as name, relrowsecurity as secured, relforcerowsecurity as forced, pg_get_userbyid(relowner) as owner
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`;
  const tenantTables = tables.filter(({ name }) => !referenceTables.has(name));
  const found = [
    ...tenantTables.flatMap(securityOf),
    ...(await columnViolations(sql, tenantTables)),
    ...(await keyViolations(sql, tenantTables)),
    ...(await foreignKeyViolations(sql, tenantTables)),
    ...(await policyViolations(sql, tenantTables)),
    ...(await openReferenceTables(sql, tables)),
    ...(await changeableHistory(sql)),
    ...(await forbiddenThings(sql)),
    ...(await roleViolations(sql, tables)),
  ];
  return found.map(({ name, what }) => `${name}: ${what}`);
}

function securityOf({ name, secured, forced }: Table): readonly Found[] {
  return [
    ...(secured ? [] : [{ name, what: 'row-level security is not enabled' }]),
    ...(forced ? [] : [{ name, what: 'row-level security is not forced' }]),
  ];
}

async function columnViolations(sql: Sql, tables: readonly Table[]): Promise<readonly Found[]> {
  const rows = await sql<{ name: string; type: string; required: boolean }[]>`
    select attrelid::regclass::text as name, format_type(atttypid, atttypmod) as type, attnotnull as required
    from pg_attribute where attname = 'tenant_id' and attnum > 0 and attrelid::regclass::text = any(${names(tables)})`;
  const columns = new Map(rows.map((row) => [row.name, row]));
  return tables.flatMap(({ name }) => {
    const column = columns.get(name);
    if (column === undefined) return [{ name, what: 'no tenant_id, and not in the list of reference tables' }];
    return column.type === 'uuid' && column.required ? [] : [{ name, what: 'tenant_id is not uuid not null' }];
  });
}

const names = (tables: readonly Table[]): string[] => tables.map(({ name }) => name);

async function keyViolations(sql: Sql, tables: readonly Table[]): Promise<readonly Found[]> {
  const keys = await sql<{ table: string; index: string; primary: boolean; first: string | null }[]>`
    select i.indrelid::regclass::text as table, i.indexrelid::regclass::text as index, i.indisprimary as primary, a.attname as first
    from pg_index i left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indisunique and i.indrelid::regclass::text = any(${names(tables)})`;
  return tables.flatMap(({ name }) => {
    const own = keys.filter(({ table }) => table === name);
    const late = own.filter(({ first }) => first !== 'tenant_id');
    return [
      ...(own.some(({ primary }) => primary) ? [] : [{ name, what: 'no primary key' }]),
      ...late.map(({ index }) => ({ name, what: `the unique key ${index} does not begin with tenant_id` })),
    ];
  });
}

async function foreignKeyViolations(sql: Sql, tables: readonly Table[]): Promise<readonly Found[]> {
  const keys = await sql<{ name: string; key: string; target: string; from: string; to: string }[]>`
    select c.conrelid::regclass::text as name, c.conname as key, c.confrelid::regclass::text as target, f.attname as from, t.attname as to
    from pg_constraint c
    join pg_attribute f on f.attrelid = c.conrelid and f.attnum = c.conkey[1]
    join pg_attribute t on t.attrelid = c.confrelid and t.attnum = c.confkey[1]
    where c.contype = 'f' and c.conrelid::regclass::text = any(${names(tables)})`;
  return keys
    .filter(({ target, from, to }) => from !== 'tenant_id' || (!referenceTables.has(target) && to !== 'tenant_id'))
    .map(({ name, key }) => ({ name, what: `the foreign key ${key} does not begin with tenant_id` }));
}

async function policyViolations(sql: Sql, tables: readonly Table[]): Promise<readonly Found[]> {
  const policies = await sql<{ name: string; policy: string; said: string }[]>`
    select tablename as name, policyname as policy,
      concat_ws(' ', permissive, roles::text, cmd, qual, with_check) as said
    from pg_policies where schemaname = 'public' order by policyname`;
  const wanted = [
    `system_all PERMISSIVE {tulou_system} ALL true true`,
    `tenant_isolation PERMISSIVE {tulou_tenant} ALL ${ofTenant} ${ofTenant}`,
  ].join('\n');
  return tables.flatMap(({ name }) => {
    const own = policies.filter((one) => one.name === name).map(({ policy, said }) => `${policy} ${said}`);
    return own.join('\n') === wanted
      ? []
      : [{ name, what: 'its policies are not exactly tenant_isolation and system_all' }];
  });
}

/** A reference table is closed to tenants' transactions, or row-level security picks the rows, or it is in the list. */
async function openReferenceTables(sql: Sql, tables: readonly Table[]): Promise<readonly Found[]> {
  const grants = await sql<{ name: string; privilege: string }[]>`
    select table_name as name, privilege_type as privilege from information_schema.role_table_grants
    where table_schema = 'public' and grantee in ('tulou_tenant', 'PUBLIC')
    union
    select table_name, privilege_type from information_schema.column_privileges
    where table_schema = 'public' and grantee in ('tulou_tenant', 'PUBLIC')`;
  const guarded = new Set(tables.filter(({ secured, forced }) => secured && forced).map(({ name }) => name));
  return grants
    .filter(({ name }) => referenceTables.has(name) && !guarded.has(name))
    .filter(({ name, privilege }) => openToTenants[name]?.includes(privilege) !== true)
    .map(({ name, privilege }) => ({
      name,
      what: `a tenant's transaction may ${privilege} there, past row-level security`,
    }));
}

async function changeableHistory(sql: Sql): Promise<readonly Found[]> {
  const grants = await sql<{ name: string; grantee: string }[]>`
    select distinct table_name as name, grantee from information_schema.column_privileges
    where table_schema = 'public' and privilege_type = 'UPDATE' and grantee in ('tulou_tenant', 'tulou_system', 'PUBLIC')`;
  return grants
    .filter(({ name }) => appendOnly.has(name))
    .map(({ name, grantee }) => ({ name, what: `${grantee} may change rows that are append-only` }));
}

/** Kinds of objects that are not there at all, in any table. */
function forbiddenThings(sql: Sql): Promise<readonly Found[]> {
  return sql<Found[]>`
    select tgrelid::regclass::text as name, 'has the trigger ' || tgname as what
      from pg_trigger where not tgisinternal
    union all select conrelid::regclass::text, 'has the exclusion constraint ' || conname
      from pg_constraint where contype = 'x'
    union all select conrelid::regclass::text, 'has the deferrable constraint ' || conname
      from pg_constraint where condeferrable and connamespace = 'public'::regnamespace
    union all select i.indrelid::regclass::text, 'has the multicolumn GIN index ' || i.indexrelid::regclass
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
      where a.amname = 'gin' and i.indnkeyatts > 1 and c.relnamespace = 'public'::regnamespace
    union all select c.relname, 'is a sequence: numbers that all tenants share'
      from pg_class c where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace
    union all select c.relname, 'is a materialized view: it keeps rows of all tenants, without row-level security'
      from pg_class c where c.relkind = 'm' and c.relnamespace = 'public'::regnamespace
    union all select c.relname, 'is a view without security_invoker: it reads as its owner'
      from pg_class c where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
      and not coalesce('security_invoker=true' = any(c.reloptions), false)
    union all select p.proname, 'is a function that runs as its owner (security definer)'
      from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace
    union all select c.relname, 'has the rule ' || r.rulename
      from pg_rewrite r join pg_class c on c.oid = r.ev_class
      where r.rulename <> '_RETURN' and c.relnamespace = 'public'::regnamespace
    order by 1, 2`;
}

async function roleViolations(sql: Sql, tables: readonly Table[]): Promise<readonly Found[]> {
  const roles = await sql<{ name: string; what: string }[]>`
    select rolname as name, 'may log in, or passes row-level security' as what from pg_roles
    where rolname in ('tulou_tenant', 'tulou_system') and (rolcanlogin or rolsuper or rolbypassrls or rolcreaterole)
    union all
    select rolname, 'is in another role: its rights are not only its own' from pg_roles
    where rolname in ('tulou_tenant', 'tulou_system') and exists (select from pg_auth_members where member = pg_roles.oid)`;
  const owned = tables.filter(({ owner }) => owner === 'tulou_tenant' || owner === 'tulou_system');
  return [...roles, ...owned.map(({ name, owner }) => ({ name, what: `belongs to ${owner}` }))];
}
