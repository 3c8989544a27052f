/** `tulou up` over a database of the test's own, a tenant with people who have a password, and a stage that speaks with it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientOf, type Client } from './control/fixture.ts';
import { temporary, up } from './faults/platform.ts';
import { openTestDatabase, type TestDatabase } from './harness.ts';
import { openBrowser } from './identity/browser.ts';
import { signInAt } from './identity/signing-in.ts';
import { openPasswords } from '../src/identity/people/password.ts';
import { systemClock as clock } from '../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../src/kernel/random.ts';
import { nilTenant } from '../src/tenancy/nil-tenant.ts';

const password = 'correct horse battery';

export interface Running {
  /** The process of `tulou up`. */
  readonly pid: number;
  readonly url: string;
  readonly gateway: string;
  /** The admin listeners, by role. */
  readonly admin: Readonly<Record<string, string>>;
  readonly node: string;
  readonly database: TestDatabase;
  readonly operator: string;
  /** The control API, as the operator. */
  readonly call: Client;
  /** A member of the tenant, and somebody behind it who can sign in. */
  addPerson(tenant: string, email: string, role: string): Promise<{ user: string; member: string }>;
  /** They sign in there, agree, and the browser goes where it is sent. */
  signIn(email: string, address: string): Promise<string>;
  stop(): Promise<void>;
}

/** `env`: settings beside those of the database and the upstreams. `args`: flags of `tulou up`. */
export async function startRunning(
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Running> {
  const database = await openTestDatabase();
  const folder = await temporary();
  const data = join(folder.path, 'data');
  const started = await up({
    data,
    args,
    env: { TULOU_DATABASE_URL: database.url, TULOU_UPSTREAM_ALLOW: 'loopback', ...env },
  });
  const { platform: url, gateway, admin } = started.at;
  const operator = (await readFile(join(data, 'operator.token'), 'utf8')).trim();
  const node = (await readFile(join(data, 'node.token'), 'utf8')).trim();
  const call = clientOf(`${url}/api/v1`, operator);
  return {
    pid: started.pid,
    url,
    gateway,
    admin,
    node,
    database,
    operator,
    call,
    async addPerson(tenant, email, role) {
      const { status, body, text } = await call<{ id: string }>('POST', `/tenants/${tenant}/members`, {
        body: { email, role },
      });
      assert.equal(status, 201, text);
      const [user, now, kept] = [newId('user', clock, random), new Date(), await openPasswords(random).keep(password)];
      await database.store.system('the scene of a test', async ({ sql }) => {
        await sql`insert into users (tenant_id, id, email, name, locale, secret_password, verified_at, created_at, updated_at)
          values (${nilTenant}, ${user}, ${email}, ${email}, 'en', ${kept}, ${now}, ${now}, ${now})`;
        await sql`update members set user_id = ${user} where id = ${body.id}`;
      });
      return { user, member: body.id };
    },
    async signIn(email, address) {
      const browser = openBrowser(url);
      const page = await signInAt(browser, address, email, password);
      return page.status === 0 ? (await fetch(page.url)).text() : page.text;
    },
    async stop() {
      started.kill('SIGTERM');
      await started.ended;
      await folder.remove();
      await database.close();
    },
  };
}
