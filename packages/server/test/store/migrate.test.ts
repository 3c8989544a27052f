import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { sha256 } from '../../src/kernel/hash.ts';
import { openLog } from '../../src/kernel/log.ts';
import { prepare } from '../../src/store/prepare.ts';
import { inspect, migrate, ownMigrations, readMigrations, type Migration } from '../../src/store/migrate.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';

const log = openLog('test', 'silent');
const step = (number: number, name: string, sql: string): Migration => ({ number, name, sql, hash: sha256(sql) });
const first = step(1, '0001_first', 'create table first (id int)');
const second = step(2, '0002_second', 'create table second (id int); insert into second values (1)');

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await openTestDatabase();
  pool = openPool({ url: database.url, connectionsMax: 8 });
});
after(async () => {
  await pool.end();
  await database.close();
});
/** An empty schema, as in a new database. */
beforeEach(() => pool.unsafe('drop schema public cascade; create schema public'));

const tables = async (): Promise<readonly string[]> => {
  const rows = await pool<
    { name: string }[]
  >`select tablename as name from pg_tables where schemaname = 'public' order by 1`;
  return rows.map(({ name }) => name);
};

test('migrations run in order, each once', async () => {
  assert.deepEqual(await migrate(pool, [first], log), ['0001_first']);
  assert.deepEqual(await migrate(pool, [first, second], log), ['0002_second']);
  assert.deepEqual(await migrate(pool, [first, second], log), []);
  assert.deepEqual(await tables(), ['first', 'schema_migrations', 'second']);
});

test('eight programs that start at once apply each migration once', async () => {
  const done = await Promise.all(Array.from({ length: 8 }, () => migrate(pool, [first, second], log)));
  assert.deepEqual(done.flat().toSorted(), ['0001_first', '0002_second']);
  const [row] = await pool`select count(*)::int as rows from second`;
  assert.deepEqual(row, { rows: 1 });
});

test('our own migrations run at once in two new databases of one server', async () => {
  const other = await openTestDatabase();
  const otherPool = openPool({ url: other.url, connectionsMax: 1 });
  await otherPool.unsafe('drop schema public cascade; create schema public');
  const own = await ownMigrations();
  const done = await Promise.all([migrate(pool, own, log), migrate(otherPool, own, log)]);
  assert.deepEqual(done[0], done[1]);
  await otherPool.end();
  await other.close();
});

test('a migration that fails leaves nothing of itself, and runs when it is mended', async () => {
  const broken = step(2, '0002_second', 'create table second (id int); select 1 / 0');
  await assert.rejects(migrate(pool, [first, broken], log), { code: '22012' });
  assert.deepEqual(await tables(), ['first', 'schema_migrations']);
  assert.deepEqual(await migrate(pool, [first, second], log), ['0002_second']);
});

test('a database of a newer program is refused, with what to do', async () => {
  await migrate(pool, [first, second], log);
  await assert.rejects(migrate(pool, [first], log), {
    code: 'database_newer',
    message: /0002_second/,
    remedy: /newer version/,
  });
  await assert.rejects(inspect(pool, [first]), { code: 'database_newer' });
});

test('a migration that was edited after it ran is refused', async () => {
  await migrate(pool, [first, second], log);
  const edited = step(1, '0001_first', 'create table first (id bigint)');
  await assert.rejects(migrate(pool, [edited, second], log), { code: 'migration_changed', message: /0001_first/ });
});

test('a migration that appears before one that ran is refused', async () => {
  await migrate(pool, [second], log);
  await assert.rejects(migrate(pool, [first, second], log), { code: 'migration_changed', message: /0001_first/ });
});

test('inspecting reports the version and the missing migrations, and changes nothing', async () => {
  const { version, pending } = await inspect(pool, [first, second]);
  assert.match(version, /^\d+/);
  assert.deepEqual(pending, ['0001_first', '0002_second']);
  assert.deepEqual(await tables(), []);
  await migrate(pool, [first], log);
  assert.deepEqual((await inspect(pool, [first, second])).pending, ['0002_second']);
});

test('a role without the right to create tables gets an error that says so', async () => {
  const superuser = openPool({ url: database.superuserUrl, connectionsMax: 1 });
  await superuser.unsafe('alter schema public owner to postgres; revoke create on schema public from public');
  await assert.rejects(migrate(pool, [first], log), { code: 'database_rights', remedy: /owner of the database/ });
  await superuser.unsafe('alter schema public owner to tulou');
  await superuser.end();
});

test('files are read in order of their numbers; one that is no migration, or a number twice, is a defect', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tulou-migrations-'));
  await writeFile(join(directory, '0002_b.sql'), 'select 2');
  await writeFile(join(directory, '0001_a.sql'), 'select 1');
  assert.deepEqual(
    (await readMigrations(directory)).map(({ name }) => name),
    ['0001_a', '0002_b'],
  );
  await writeFile(join(directory, '0002_c.sql'), 'select 3');
  await assert.rejects(readMigrations(directory), /two migrations/);
  await rm(join(directory, '0002_c.sql'));
  await writeFile(join(directory, 'notes.txt'), '');
  await assert.rejects(readMigrations(directory), /notes.txt/);
  await rm(directory, { recursive: true });
});

test('a database that cannot be reached is named, with what to do and without its password', async () => {
  const unreachable = prepare('postgres://tulou:sesame@127.0.0.1:1/shop', log);
  await assert.rejects(unreachable, (error: Error & { code: string; remedy: string }) => {
    assert.equal(error.code, 'database_unreachable');
    assert.match(error.message, /shop at 127\.0\.0\.1:1 .*nothing listens/);
    assert.doesNotMatch(error.message + error.remedy, /sesame/);
    return true;
  });
});
