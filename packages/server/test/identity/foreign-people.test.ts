/**
 * The credentials of a person at one issuer (a passkey, codes, mailed links, forms, the way to a provider and back), used at
 * other issuers of the same process. A person there has the same id, the same address and the same password. Every other
 * issuer refuses the credentials, and they stay valid at their own.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { secretContext } from '../../src/identity/operations/connections/connection.ts';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { openSampleAuthenticator, type SampleAuthenticator } from '../../src/identity/people/sample-authenticator.ts';
import { codeOf } from '../../src/identity/people/totp.ts';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { formOf } from './attack.ts';
import { sendBare } from './bare.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { idpClient, startIdp } from './idp.ts';
import { insertTwins, openTenantIssuer, platformOf, vault, type TenantIssuer } from './issuers.ts';
import { pagesOver, startWorld, type World } from './world.ts';

const password = 'correct horse battery';
let world: World;
let platform: IssuerRef;
let alpha: TenantIssuer;
let beta: TenantIssuer;
const openToAll: Parameters<typeof startWorld>[0] = (store) => {
  const pages = pagesOver(store);
  return (message, response, provider, issuer) => pages(message, response, provider, { ...issuer, signUp: 'open' });
};

before(async () => {
  // Browsers have passkeys for names only, and without TLS for these alone.
  world = await startWorld(openToAll, undefined, ['loopback'], 'localhost');
  platform = platformOf(world);
  alpha = await openTenantIssuer(world, 'alpha', 'localhost');
  beta = await openTenantIssuer(world, 'beta', 'localhost');
  for (const { issuer } of [alpha, beta])
    while ((await sendBare(issuer, '/oauth2/jwks', {})).status !== 200) await sleep(clock, 20);
});
after(() => world.stop());
beforeEach(() => run(({ sql }) => sql`delete from sign_in_attempts`));

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);
const everywhere = (): readonly IssuerRef[] => [platform, alpha, beta];

/** One person's id, address and password at all three. Returns the id. */
async function twin(email: string): Promise<string> {
  const [user, kept] = [await insertTwins(world, everywhere(), email), await openPasswords(random).keep(password)];
  await run(({ sql }) => sql`update users set secret_password = ${kept} where id = ${user}`);
  return user;
}

async function arrive(at: IssuerRef, path = '/account'): Promise<{ browser: Browser; page: Page }> {
  const browser = openBrowser(at.issuer);
  return { browser, page: await browser.open(at.issuer + path) };
}
async function enter(at: IssuerRef, email: string, path = '/account'): Promise<{ browser: Browser; page: Page }> {
  const { browser, page } = await arrive(at, path);
  return { browser, page: await browser.submit(page, { do: 'sign-in', email, password }) };
}

const found = ({ text, url, status }: Page, shape: RegExp): string => {
  const [, part = ''] = shape.exec(text) ?? [];
  assert.notEqual(part, '', `${String(shape)} is not in ${url} ${status} ${text}`);
  return part;
};
const challengeIn = (page: Page): string => found(page, /&quot;challenge&quot;:&quot;([\w-]+)&quot;/);
const isIn = (page: Page, at: IssuerRef): boolean => page.status === 200 && page.url === `${at.issuer}/account`;

/** Every other issuer refuses the credential. After that, its own issuer still accepts it. */
async function onlyAtHome(
  from: IssuerRef,
  use: (to: IssuerRef) => Promise<Page>,
  taken: (page: Page, at: IssuerRef) => boolean,
): Promise<void> {
  for (const to of everywhere().filter((one) => one !== from)) {
    const page = await use(to);
    assert.ok(!taken(page, to), `of ${from.issuer} at ${to.issuer}: ${page.status} ${page.url} ${page.text}`);
    assert.ok(
      page.status >= 400 && page.status < 500,
      `of ${from.issuer} at ${to.issuer}: ${page.status} ${page.text}`,
    );
  }
  const own = await use(from);
  assert.ok(taken(own, from), `of ${from.issuer}: ${own.status} ${own.url} ${own.text}`);
}

const rpOf = ({ issuer }: IssuerRef) => ({ rpID: new URL(issuer).hostname, origin: issuer });

/** Registers a passkey for the person there. */
async function withPasskey(at: IssuerRef, email: string, user: string): Promise<SampleAuthenticator> {
  const key = openSampleAuthenticator(user);
  const { browser, page } = await enter(at, email, '/account/passkeys');
  const credential = key.create({ challenge: challengeIn(page), ...rpOf(at) });
  const added = await browser.submit(page, { credential, name: 'key' });
  assert.equal(added.url, `${at.issuer}/account/recovery-codes`, added.text);
  return key;
}

test('a passkey of one issuer opens no other, whatever it says of where it is, alone or as a second factor', async () => {
  const [email, registered] = ['passkey@shop.test', new Map<IssuerRef, SampleAuthenticator>()];
  const user = await twin(email);
  for (const at of everywhere()) registered.set(at, await withPasskey(at, email, user));
  for (const [from, key] of registered) {
    for (const asIf of [(): IssuerRef => from, (to: IssuerRef): IssuerRef => to]) {
      const alone = async (to: IssuerRef): Promise<Page> => {
        const { browser, page } = await arrive(to);
        const credential = key.get({ challenge: challengeIn(page), ...rpOf(asIf(to)) }, true);
        return browser.submit(page, { do: 'passkey-alone', credential });
      };
      const second = async (to: IssuerRef): Promise<Page> => {
        const { browser, page } = await enter(to, email);
        const credential = key.get({ challenge: challengeIn(page), ...rpOf(asIf(to)) }, false);
        return browser.submit(page, { do: 'passkey', credential });
      };
      for (const use of [alone, second]) await onlyAtHome(from, use, isIn);
      await run(({ sql }) => sql`delete from sign_in_attempts`);
    }
  }
});

test('a passkey’s answer to one issuer’s question is none to another’s', async () => {
  const email = 'answer@shop.test';
  const user = await twin(email);
  for (const from of everywhere()) {
    const key = await withPasskey(from, email, user);
    const { page: asked, browser: own } = await arrive(from);
    const credential = key.get({ challenge: challengeIn(asked), ...rpOf(from) }, true);
    const use = async (to: IssuerRef): Promise<Page> => {
      if (to === from) return own.submit(asked, { do: 'passkey-alone', credential });
      const { browser, page } = await arrive(to);
      return browser.submit(page, { do: 'passkey-alone', credential });
    };
    await onlyAtHome(from, use, isIn);
  }
});

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const bytesOf = (text: string): Buffer => {
  const bits = Array.from(text.replaceAll(' ', ''), (one) => alphabet.indexOf(one).toString(2).padStart(5, '0'));
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
};

/** Sets an authenticator app up there: the code that comes next, and the recovery codes. */
async function withCodes(at: IssuerRef, email: string): Promise<{ next: string; recovery: string }> {
  const { browser, page } = await enter(at, email, '/account/authenticator');
  const seed = bytesOf(found(page, /<code class="key"[^>]*>([A-Z2-7 ]+)</));
  const step = Math.floor(clock.now() / 30_000);
  const on = await browser.submit(page, { do: 'on', code: codeOf(seed, step) });
  assert.equal(on.url, `${at.issuer}/account/recovery-codes`, on.text);
  const recovery = found(await browser.submit(on), /<code>([0-9a-z-]{19})<\/code>/);
  return { next: codeOf(seed, step + 1), recovery };
}

const ways = { totp: 'code', recovery: 'recovery' } as const;
for (const way of ['totp', 'recovery'] as const) {
  test(`a code of one issuer is none at another: ${way}`, async () => {
    const email = `${way}@shop.test`;
    await twin(email);
    const held: { from: IssuerRef; next: string; recovery: string }[] = [];
    for (const from of everywhere()) held.push({ from, ...(await withCodes(from, email)) });
    for (const { from, next, recovery } of held) {
      const use = async (to: IssuerRef): Promise<Page> => {
        const { browser, page } = await enter(to, email);
        assert.match(page.text, /autocomplete="one-time-code"/);
        return browser.submit(page, { do: way, [ways[way]]: way === 'totp' ? next : recovery });
      };
      await onlyAtHome(from, use, isIn);
    }
  });
}

const linkIn = (body: string): string => /^http\S+$/m.exec(body)?.[0] ?? '';
async function lastLink(): Promise<string> {
  const [mail] = await run(
    ({ sql }) => sql<{ body: string }[]>`select secret_body as body from mails order by id desc limit 1`,
  );
  return linkIn(mail?.body ?? '');
}

interface Mailed {
  readonly ask: (at: IssuerRef, email: string) => Promise<unknown>;
  /** The form fields for the page that the link opens. */
  readonly fields: Record<string, string>;
  readonly done: RegExp;
}

const askFrom =
  (path: string): Mailed['ask'] =>
  async (at, email) => {
    const { browser, page } = await arrive(at, path);
    return browser.submit(page, { email });
  };

const mailed: Record<string, Mailed> = {
  'sign-up': {
    ask: (at) => askFrom('/account/sign-up')(at, 'newcomer@shop.test'),
    fields: { name: 'New', password },
    done: /Your account is there/,
  },
  reset: { ask: askFrom('/account/reset'), fields: { password: 'quite another one' }, done: /The password is set/ },
  move: {
    async ask(at, email) {
      const { browser, page } = await enter(at, email, '/account/email');
      return browser.submit(page, { email: 'moved@shop.test' });
    },
    fields: {},
    done: /The address is changed/,
  },
};

for (const [name, { ask, fields, done }] of Object.entries(mailed)) {
  test(`a link that one issuer has mailed opens nothing at another: ${name}`, async () => {
    const email = `${name}-link@shop.test`;
    await twin(email);
    for (const from of everywhere()) {
      await ask(from, email);
      const link = await lastLink();
      assert.ok(link.startsWith(`${from.issuer}/`), link);
      const use = async (to: IssuerRef): Promise<Page> => {
        const browser = openBrowser(to.issuer);
        const page = await browser.open(link.replace(from.issuer, to.issuer));
        return page.status === 200 ? browser.submit(page, fields) : page;
      };
      await onlyAtHome(from, use, ({ text }) => done.test(text));
    }
  });
}

test('an invitation to a tenant opens nothing at an issuer of a tenant, not even at that tenant’s', async () => {
  const [now, id, member] = [new Date(), newId('invitation', clock, random), newId('member', clock, random)];
  const [secret, email] = [Buffer.from(random.bytes(32)).toString('base64url'), 'invited@shop.test'];
  await run(async ({ sql }) => {
    await sql`insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${world.tenant.uuid}, ${member}, ${email}, 'viewer', ${now}, ${now})`;
    await sql`insert into invitations (tenant_id, id, member, secret_hash, created_at, expires_at) values
      (${world.tenant.uuid}, ${id}, ${member}, ${sha256(secret)}, ${now}, ${new Date(now.getTime() + 60_000)})`;
  });
  const query = formOf({ tenant: world.tenant.id, invitation: id, secret });
  const use = async (to: IssuerRef): Promise<Page> => {
    const { browser, page } = await arrive(to, `/account/invitation?${query}`);
    return page.status === 200 ? browser.submit(page, { name: 'Invited', password }) : page;
  };
  await onlyAtHome(platform, use, ({ text }) => text.includes('shop') && !text.includes('type="password"'));
  const rows = await run(({ sql }) => sql`select from members where id = ${member} and user_id is not null`);
  assert.equal(rows.length, 1);
});

test('a form of one issuer’s page is none of another’s, with its cookie and all', async () => {
  for (const from of everywhere()) {
    const { browser, page } = await arrive(from, '/account/reset');
    const body = formOf({
      form_token: found(page, /name="form_token" value="([^"]+)"/),
      email: 'nobody@shop.test',
    });
    const use = async (to: IssuerRef): Promise<Page> => {
      const cookie = browser.cookies('/account/reset');
      return { url: '', ...(await sendBare(to.issuer, '/account/reset', { cookie }, body)) };
    };
    await onlyAtHome(from, use, ({ status }) => status === 200);
  }
});

test('the cookie of an interaction with one issuer goes on with no interaction of another', async () => {
  const email = 'interaction@shop.test';
  await twin(email);
  for (const from of everywhere()) {
    const theirs = await arrive(from);
    const path = new URL(theirs.page.url).pathname;
    const own = theirs.browser.cookies(path);
    const token = found(theirs.page, /name="form_token" value="([^"]+)"/);
    const body = formOf({ form_token: token, do: 'sign-in', email, password });
    const use = async (to: IssuerRef): Promise<Page> => ({
      url: '',
      ...(await sendBare(to.issuer, path, { cookie: own }, body)),
    });
    for (const to of everywhere().filter((one) => one !== from)) {
      // Its own page of sign-in and all, but for the cookie.
      const { browser, page } = await arrive(to);
      const at = new URL(page.url).pathname;
      const kept = browser.cookies(at).split('; ');
      const pairs = [
        ...kept.filter((pair) => !pair.startsWith('tulou_interaction')),
        ...own.split('; ').filter((pair) => pair.startsWith('tulou_interaction')),
      ];
      assert.ok(pairs.length === kept.length && !pairs.every((pair) => kept.includes(pair)), pairs.join('; '));
      const form = { form_token: found(page, /name="form_token" value="([^"]+)"/), do: 'sign-in', email, password };
      const answer = await sendBare(to.issuer, at, { cookie: pairs.join('; ') }, formOf(form));
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.location} ${answer.text}`);
      assert.equal((await sendBare(to.issuer, at, { cookie: kept.join('; ') }, formOf(form))).status, 303);
    }
    await onlyAtHome(from, use, ({ status }) => status === 303);
  }
});

/** A provider of the platform's tenant, and a member who signs in by it. */
async function connect(issuer: string): Promise<string> {
  const [id, now, uuid] = [newId('connection', clock, random), new Date(), world.tenant.uuid];
  const secret = vault.seal(idpClient.secret, secretContext(uuid, id));
  await run(async ({ sql }) => {
    await sql`insert into connections (tenant_id, id, name, issuer_url, client_id, secret_client_secret, domains, enforced,
      state, created_at, updated_at) values (${uuid}, ${id}, 'SSO', ${issuer}, ${idpClient.id}, ${secret}, ${['shop.test']},
      false, 'active', ${now}, ${now})`;
    await sql`insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${uuid}, ${newId('member', clock, random)}, 'fed@shop.test', 'viewer', ${now}, ${now})`;
  });
  return id;
}

test('the way back from a tenant’s provider ends at the issuer where it began, and whom it found is known there only', async () => {
  const idp = await startIdp();
  try {
    const id = await connect(idp.issuer);
    idp.claims = { sub: 's', email: 'fed@shop.test', email_verified: true, name: 'Fed' };
    const { browser, page } = await arrive(platform);
    const interaction = new URL(page.url).pathname;
    const path = `/account/federation/${id}`;
    const left = await browser.open(`${platform.issuer}${path}?interaction=${interaction.split('/').at(-1)}`);
    assert.ok(left.url.startsWith(`${idp.issuer}/authorize?`), left.text);
    const back = (await fetch(left.url, { redirect: 'manual' })).headers.get('location') ?? '';
    const target = back.slice(platform.issuer.length);
    let whom = '';
    const use = async (to: IssuerRef): Promise<Page> => {
      const answer = await sendBare(to.issuer, target, { cookie: browser.cookies(path) });
      whom =
        answer.headers
          .getSetCookie()
          .find((line) => line.startsWith('tulou_found='))
          ?.split(';', 1)[0] ?? whom;
      return { url: '', ...answer };
    };
    await onlyAtHome(platform, use, ({ status }) => status === 303);
    assert.notEqual(whom, '');
    const seen = async (at: IssuerRef, own: Browser, from: Page): Promise<number> => {
      const { pathname } = new URL(from.url);
      const cookie = `${own.cookies(pathname)}; ${whom}`;
      return (await sendBare(at.issuer, pathname, { cookie })).status;
    };
    for (const to of [alpha, beta]) {
      const begun = await arrive(to);
      assert.equal(await seen(to, begun.browser, begun.page), 200, 'the page of sign-in, still');
    }
    assert.equal(await seen(platform, browser, page), 303);
  } finally {
    await idp.close();
  }
});
