import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock, type Clock } from '../../src/kernel/clock.ts';
import { openListener } from '../../src/store/listener.ts';
import { openPool, type Pool, type Sql } from '../../src/store/pool.ts';
import { openSessions, type Sessions } from '../../src/store/sessions.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';

let database: TestDatabase;
let superuser: Pool;
/** A URL for one connection, so that each transaction gets the connection of the one before it. */
let sessions: Sessions;

before(async () => {
  database = await openTestDatabase();
  superuser = openPool({ url: database.superuserUrl, connectionsMax: 1 });
  await superuser.unsafe('create table marks (id text primary key); grant all on marks to tulou');
  sessions = openSessions({ url: database.url, connectionsMax: 1 }, systemClock);
});
after(async () => {
  await sessions.close();
  await superuser.end();
  await database.close();
});

const asTenant = `begin; set local role tulou_tenant; set local app.tenant = '00000000-0000-0000-0000-000000000001'`;

/** The state that the connection has kept, as seen by a transaction that sets nothing. */
const residue = (): Promise<unknown> =>
  sessions.transaction('begin', async (sql) => {
    const [row] = await sql`select current_user as role, coalesce(current_setting('app.tenant', true), '') as tenant`;
    return row;
  });
const clean = { role: 'tulou', tenant: '' };

const backendOf = async (sql: Sql): Promise<number> => {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return row?.pid ?? 0;
};
const marks = async (): Promise<readonly string[]> =>
  (await superuser<{ id: string }[]>`select id from marks`).map(({ id }) => id);

test('a connection keeps neither role nor tenant after a commit', async () => {
  const first = await sessions.transaction(asTenant, backendOf);
  assert.deepEqual(await residue(), clean);
  assert.equal(await sessions.transaction('begin', backendOf), first, 'it is the same connection');
});

test('a connection keeps neither role nor tenant after the work throws', async () => {
  const work = sessions.transaction(asTenant, async (sql) => {
    await sql`select 1`;
    throw new RangeError('on purpose');
  });
  await assert.rejects(work, RangeError);
  assert.deepEqual(await residue(), clean);
});

test('a connection keeps neither role nor tenant after a query fails', async () => {
  await assert.rejects(
    sessions.transaction(asTenant, (sql) => sql`select 1 / 0`),
    { code: '22012' },
  );
  assert.deepEqual(await residue(), clean);
});

test('the error of a transaction is that of the query that failed first, whichever reaches the caller first', async () => {
  await assert.rejects(
    sessions.transaction(asTenant, async (sql) => {
      const first = sql`select 1 / 0`.execute();
      const second = sql`select 1`.execute();
      await first.catch(() => undefined);
      await second;
    }),
    { code: '22012' },
  );
  assert.deepEqual(await residue(), clean);
});

test('a lost connection ends its transaction at once, and the next one gets a new connection', async () => {
  const endless = sessions.transaction('begin', async (sql) => {
    const pid = await backendOf(sql);
    await superuser`select pg_terminate_backend(${pid})`;
    await new Promise(() => undefined);
  });
  await assert.rejects(endless, { code: 'CONNECTION_CLOSED' });
  assert.deepEqual(await residue(), clean);
});

test('a connection lost while it is idle is not used again', async () => {
  const pid = await sessions.transaction('begin', backendOf);
  await superuser`select pg_terminate_backend(${pid}, 5000)`;
  // The end of the connection is on its way to this process. Until it arrives, a transaction may still get the lost
  // connection.
  let again = pid;
  while (again === pid) again = await sessions.transaction('begin', backendOf).catch(() => pid);
  assert.notEqual(again, pid);
});

test('what was still queued when the connection broke runs nowhere', async () => {
  const broken = sessions.transaction('begin', async (sql) => {
    const pid = await backendOf(sql);
    const killed = superuser`select pg_terminate_backend(${pid}, 5000)`.execute();
    await Promise.all([
      sql`select pg_sleep(${60})`,
      sql`insert into marks values (${'queued'})`,
      sql`insert into marks values (${'queued too'})`,
      killed,
    ]);
  });
  await assert.rejects(broken);
  await residue();
  assert.deepEqual(await marks(), []);
});

test('work that outlives its transaction does not reach the next one', async () => {
  const [leaked, late] = await sessions.transaction('begin', async (sql) => {
    // Written now, run later: in an array, as a promise would be waited for.
    return [sql, sql`insert into marks values ('late')`] as const;
  });
  await sessions.transaction('begin', async (sql) => {
    await assert.rejects(async () => leaked`insert into marks values ('leaked')`, { code: 'CONNECTION_CLOSED' });
    await assert.rejects(async () => leaked.unsafe(`insert into marks values ('text')`), { code: 'CONNECTION_CLOSED' });
    await assert.rejects(async () => late, { code: 'CONNECTION_CLOSED' });
    await sql`select 1`;
  });
  assert.deepEqual(await marks(), []);
});

test('more transactions than connections wait for their turn, in order', async () => {
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      sessions.transaction('begin', async (sql) => {
        await sql`select 1`;
        order.push(index);
      }),
    ),
  );
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test('a transaction that has waited too long for a connection is refused, and the line moves on', async () => {
  const timeouts: (() => void)[] = [];
  const after: Clock['after'] = (_delayMs, task) => {
    timeouts.push(task);
    return { cancel: () => void timeouts.splice(timeouts.indexOf(task), 1) };
  };
  const narrow = openSessions({ url: database.url, connectionsMax: 1 }, { ...systemClock, after });
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const holder = narrow.transaction('begin', () => held);
  const refused = narrow.transaction('begin', backendOf);
  await Promise.resolve();
  timeouts.shift()?.();
  await assert.rejects(refused, { code: 'unavailable' });
  const patient = narrow.transaction('begin', backendOf);
  letGo();
  await holder;
  assert.ok((await patient) > 0);
  await narrow.close();
});

test('closing waits for what runs, and refuses what comes later', async () => {
  const closing = openSessions({ url: database.url, connectionsMax: 2 }, systemClock);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const running = closing.transaction('begin', async (sql) => {
    await held;
    return backendOf(sql);
  });
  const closed = closing.close();
  await assert.rejects(closing.transaction('begin', backendOf), { code: 'unavailable' });
  letGo();
  assert.ok((await running) > 0);
  await closed;
});

test('a database that is away fails a transaction at once, however often', async () => {
  const away = openSessions({ url: 'postgres://tulou@127.0.0.1:1/nowhere', connectionsMax: 2 }, systemClock);
  for (let round = 0; round < 6; round += 1) {
    await assert.rejects(away.transaction('begin', backendOf), { code: 'ECONNREFUSED' });
  }
  await away.close();
});

test('who listens is woken again after its connection was lost, and hears what comes then', async () => {
  const listener = openListener(database.url, systemClock);
  let wakes = 0;
  let next = Promise.withResolvers<void>();
  const unlisten = await listener.listen('tulou_test', () => {
    wakes += 1;
    next.resolve();
    next = Promise.withResolvers();
  });
  const woken = next.promise;
  await superuser`select pg_terminate_backend(pid) from pg_stat_activity
    where query like 'listen%tulou_test%' and datname = current_database()`;
  await woken;
  assert.equal(wakes, 2);
  const told = next.promise;
  await superuser`notify tulou_test`;
  await told;
  assert.equal(wakes, 3);
  await unlisten();
  await listener.close();
});
