/** One kind of token in the place of another, and one token in many spellings (RFC 8725 §2.8, §3.11; RFC 9700 §4.9). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { basic, formOf, post, refused, requestOf, resourceOf, send, signIn, type Fields } from './attack.ts';
import type { Answer } from './bare.ts';
import { exchangeGrant, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let app: TestClient;
let tokens: Record<string, string>;
before(async () => {
  world = await startWorld();
  app = await world.makeClient();
  tokens = await signIn(world, app);
});
after(() => world.stop());

const at = (path: string): string => `${world.issuer}/oauth2/${path}`;
const ask = (fields: Fields, headers = basic(app)): Promise<Answer> => post(at('token'), fields, headers);
const userinfo = (text: string): Promise<Answer> =>
  send(at('userinfo'), { headers: { authorization: `Bearer ${text}` } });
const isActive = async (token: string): Promise<boolean> =>
  (await post(at('introspect'), { token }, basic(app))).said['active'] === true;

test('each kind of token opens only what it is for', async () => {
  const { access_token: access = '', refresh_token: refresh = '', id_token: id = '' } = tokens;
  for (const text of [id, access, refresh, app.secret]) refused(await userinfo(text));
  for (const text of [access, id]) {
    refused(await ask({ grant_type: 'refresh_token', refresh_token: text }));
    refused(
      await ask({ grant_type: 'authorization_code', code: text, redirect_uri: 'https://app.example.com/callback' }),
    );
  }
  assert.ok(await isActive(access), 'it was a good one');
  assert.ok(!(await isActive(id)), 'an ID token is nobody’s access');
  for (const [type, text] of [
    ['access_token', id],
    ['access_token', refresh],
    ['id_token', access],
    ['jwt', id],
  ] as const) {
    const subject = { subject_token: text, subject_token_type: `urn:ietf:params:oauth:token-type:${type}` };
    refused(await ask({ grant_type: exchangeGrant, resource: resourceOf(world), ...subject }));
  }
  for (const hint of [access, refresh]) {
    const query = formOf({ ...requestOf(world, app), prompt: 'none', id_token_hint: hint });
    assert.doesNotMatch((await send(`${at('authorize')}?${query}`)).location ?? '', /code=/);
  }
});

test('nothing but an assertion of the client’s own proves a client', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  const keyed = await world.makeClient({ authentication: 'private_key_jwt', jwks: { keys: [jwk] } });
  const other = await world.makeClient({ authentication: 'private_key_jwt', jwks: { keys: [jwk] } });
  const assertion = (claims: object, header: object = {}): Promise<string> =>
    new SignJWT({ jti: crypto.randomUUID(), iss: keyed.id, sub: keyed.id, aud: world.issuer, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);
  const prove = (text: string, more: Record<string, string> = {}): Promise<Answer> => {
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const fields = { grant_type: 'client_credentials', resource: resourceOf(world) };
    return ask({ ...fields, client_assertion: text, client_assertion_type: type, ...more }, {});
  };
  const good = await assertion({});
  const [head = '', body = '', signature = ''] = good.split('.');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const text of [
    tokens['access_token'] ?? '',
    tokens['id_token'] ?? '',
    await assertion({ sub: other.id }),
    await assertion({ iss: other.id }),
    await assertion({ iss: world.issuer }),
    await assertion({ jti: undefined }),
    await assertion({ aud: undefined }),
    await assertion({ aud: [world.issuer, 'https://other.example.com'] }),
    await assertion({ aud: [] }),
    await assertion({ aud: `${world.issuer}/` }),
    `${unsigned}.${body}.`,
    `${head}.${body}.`,
    `${head}.${body}.${signature.slice(0, -4)}AAAA`,
  ])
    refused(await prove(text));
  refused(await prove(await assertion({}), { client_id: other.id }));
  assert.equal((await prove(good)).status, 200);
  refused(await prove(good));
});

test('a token has one spelling: whatever else decodes to the same is none', async () => {
  const whole = tokens['access_token'] ?? '';
  const [head = '', body = '', signature = ''] = whole.split('.');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.at(-1) ?? '');
  const spare = signature.slice(0, -1) + (alphabet[last ^ 1] ?? '');
  for (const text of [
    `${whole}=`,
    `${whole}==`,
    `${head}=.${body}.${signature}`,
    `${head}.${body}=.${signature}`,
    `${head}.${body}.${spare}`,
    `${head}.${body}.${signature.slice(0, 40)} ${signature.slice(40)}`,
    `${head}.${body}.${signature.slice(0, 40)}\n${signature.slice(40)}`,
    `${whole}.`,
    `.${whole}`,
    `${whole}\0`,
    `${head}.${body}.${signature}.${signature}`,
  ]) {
    assert.ok(!(await isActive(text)), JSON.stringify(text.slice(-60)));
    refused(
      await ask({
        grant_type: exchangeGrant,
        resource: resourceOf(world),
        subject_token: text,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    );
  }
  assert.ok(await isActive(whole));
});
