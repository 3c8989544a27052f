/** All rows of a tenant as one archive. */
import { createGzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import type { tenants } from '@tulou/contract/operations/tenants';
import { pack as openPack, type Pack } from 'tar-stream';
import type { TenantTx } from '../../store/store.ts';
import { keptByIdentity, tenantTables, type TenantTable } from '../../store/tenant-tables.ts';
import type { Deps, Handler } from '../../operations/handler.ts';
import type { TenantScope } from '../../tenancy/scope.ts';

/** All lines of a part are in memory together, because a tar entry begins with its size. */
const partBytes = 512 * 1024;
const rowsAtOnce = 100;
/** An export holds a connection and an old snapshot of the database while its reader reads. Admission bounds how many run. */
const exportTimeoutMs = 15 * 60_000;

/**
 * A gzipped tar: `<table>/<part>.ndjson` with one line for each row, and `manifest.json` at the end. An incomplete archive
 * has no manifest. All rows are read in one snapshot of the database (repeatable read). Columns that begin with `secret_`,
 * and tables that only the identity server keeps, are left out.
 */
export const exportTenant: Handler<typeof tenants.export> = async (scope, _input, deps) => {
  const pack = openPack();
  const zipped = createGzip({ level: 1 });
  const timer = deps.clock.after(exportTimeoutMs, () => zipped.destroy(new Error('the export took too long')));
  pipeline(pack, zipped, () => timer.cancel());
  void writeArchive(scope, pack, deps).catch((error: unknown) => pack.destroy(error as Error));
  return zipped;
};

async function writeArchive(scope: TenantScope, pack: Pack, { store, clock }: Deps): Promise<void> {
  const now = new Date(clock.now());
  await store.lane('bulk').tenant(scope, async (tx) => {
    await tx.sql`set transaction isolation level repeatable read`;
    const counted: Record<string, number> = {};
    const tables = (await tenantTables(tx)).filter(({ name }) => !keptByIdentity.has(name));
    for (const table of tables) counted[table.name] = await writeTable(tx, pack, table, now);
    const manifest = {
      format: 'tulou-tenant-export',
      version: 1,
      tenant: scope.tenant,
      exported_at: now.toISOString(),
      rows: counted,
    };
    await writeEntry(pack, 'manifest.json', JSON.stringify(manifest), now);
  });
  pack.finalize();
}

/** Writes one table in parts. Returns the number of its rows. */
async function writeTable(tx: TenantTx, pack: Pack, table: TenantTable, now: Date): Promise<number> {
  const { sql } = tx;
  const rows = sql<{ line: string }[]>`
    select row_to_json(r)::text as line
    from (
      select ${sql([...table.columns])} from ${sql(table.name)}
      where tenant_id = ${tx.tenantUuid} order by ${sql([...table.primaryKey])}
    ) r`.cursor(rowsAtOnce);
  let count = 0;
  let part = 0;
  let bytes = 0;
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    part += 1;
    await writeEntry(pack, `${table.name}/${String(part).padStart(5, '0')}.ndjson`, lines.join(''), now);
    lines = [];
    bytes = 0;
  };
  for await (const batch of rows) {
    for (const { line } of batch) {
      lines.push(`${line}\n`);
      bytes += line.length;
      count += 1;
      if (bytes >= partBytes) await flush();
    }
  }
  if (lines.length > 0 || part === 0) await flush();
  return count;
}

/** Resolves when the reader has taken the entry, so a slow reader slows the reading of rows. Rejects when the reader has closed. */
function writeEntry(pack: Pack, name: string, text: string, mtime: Date): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry({ name, mtime }, text, (error) => (error ? reject(error) : resolve()));
  });
}
