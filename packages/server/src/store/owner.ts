/** Connections as the owner of the tables: for migrations, backups and restores, which row-level security must not narrow. */
import { openPool, type Pool } from './pool.ts';

/**
 * A pool of one connection as the role that owns the database, where the one that logs in may act as it but does not
 * inherit its rights (`grant owner to login with inherit false`); else as the role that logs in.
 */
export async function openOwnerPool(url: string): Promise<Pool> {
  const pool = openPool({ url, connectionsMax: 1 });
  try {
    const role = await ownerToBecome(pool);
    if (role === undefined) return pool;
    await pool.end({ timeout: 5 });
    return openPool({ url, connectionsMax: 1, role });
  } catch (error) {
    await pool.end({ timeout: 0 });
    throw error;
  }
}

async function ownerToBecome(pool: Pool): Promise<string | undefined> {
  const [row] = await pool<{ owner: string; inherits: boolean; may: boolean }[]>`
    select pg_get_userbyid(d.datdba) as owner,
      has_schema_privilege('public', 'create') as inherits,
      pg_has_role(d.datdba, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) as may
    from pg_database d where d.datname = current_database()`;
  return row !== undefined && !row.inherits && row.may ? row.owner : undefined;
}
