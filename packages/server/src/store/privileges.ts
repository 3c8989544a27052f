/** Whether the database still holds tenants apart by itself: what migrations made, and a restore or a hand may have undone. */
import { openOwnerPool } from './owner.ts';
import type { Pool } from './pool.ts';
import { explain } from './prepare.ts';

/** The faults of roles, row-level security and grants, a sentence each; empty if there are none. */
export async function findPrivilegeFaults(url: string): Promise<readonly string[]> {
  const pool = await openOwnerPool(url).catch((error: unknown) => {
    throw explain(url, error);
  });
  try {
    const found = [...(await roleFaults(pool)), ...(await tableFaults(pool)), ...(await grantFaults(pool))];
    return found.map(({ fault }) => fault);
  } catch (error) {
    throw explain(url, error);
  } finally {
    await pool.end({ timeout: 0 });
  }
}

interface Fault {
  readonly fault: string;
}

function roleFaults(pool: Pool): Promise<readonly Fault[]> {
  return pool<Fault[]>`
    with wanted (name) as (values ('tulou_tenant'), ('tulou_system'))
    select 'the role ' || w.name || case
        when r.oid is null then ' is missing'
        when r.rolsuper or r.rolbypassrls then ' passes row-level security'
        when r.rolcanlogin then ' may log in'
        when exists (select from pg_auth_members m where m.member = r.oid) then ' is a member of another role'
        else ' may not be taken by ' || current_user end as fault
    from wanted w left join pg_roles r on r.rolname = w.name
    where r.oid is null or r.rolsuper or r.rolbypassrls or r.rolcanlogin
      or exists (select from pg_auth_members m where m.member = r.oid)
      or not pg_has_role(r.oid,
        case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)`;
}

/** Every table with rows of tenants, whichever migration made it. */
function tableFaults(pool: Pool): Promise<readonly Fault[]> {
  return pool<Fault[]>`
    select 'the table ' || c.relname || case
        when not c.relrowsecurity then ' has no row-level security'
        when not c.relforcerowsecurity then ' does not force row-level security on its owner'
        else ' lacks the policy tenant_isolation, or has it changed' end as fault
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
      and (not c.relrowsecurity or not c.relforcerowsecurity or not exists (
        select from pg_policies p
        where p.schemaname = 'public' and p.tablename = c.relname and p.policyname = 'tenant_isolation'
          and p.roles = '{tulou_tenant}' and p.qual like '(tenant_id = %app.tenant%' and p.with_check = p.qual))
    order by c.relname`;
}

/** Grants to other roles, and grants that the platform's own role lacks. */
function grantFaults(pool: Pool): Promise<readonly Fault[]> {
  return pool<Fault[]>`
    select 'the table ' || c.relname || ' is open to every role of the server' as fault
    from pg_class c cross join lateral aclexplode(c.relacl) a
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.grantee = 0
    union
    select 'the role tulou_system may not read the table ' || c.relname
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'schema_migrations' and exists (select from pg_roles where rolname = 'tulou_system')
      and pg_get_userbyid(c.relowner) = current_user
      and not has_table_privilege('tulou_system', c.oid, 'select')
    order by fault`;
}
