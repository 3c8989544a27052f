import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { formatCredential, parseCredential, type SnapshotObject } from '@tulou/contract';
import { sha256 } from '../../kernel/hash.ts';
import { systemRandom } from '../../kernel/random.ts';
import { SampleGate } from '../sample-gate.ts';
import { mint, newSigner, prove, signer, thumbprint, world } from './sample-issuer.ts';

const read = '/acme/orders/v1/orders/7';
const text = formatCredential(
  'live',
  '018f0000-0000-7000-8000-000000000002',
  systemRandom.bytes(8),
  systemRandom.bytes(32),
);
const { id = '', secret = '' } = parseCredential(text) ?? {};
const key: SnapshotObject = {
  kind: 'key',
  key: id,
  id: 'key_1',
  tenant: 'ten_2',
  app: 'app_1',
  environment: 'live',
  scopes: ['acme/orders:read', 'acme/orders:write'],
  hash: sha256(secret),
  expires_at: null,
};
const bearer = (token: string): string[] => ['authorization', `Bearer ${token}`];

describe('a call with a token', () => {
  let sample: SampleGate;
  let token = '';
  beforeEach(() => {
    sample = new SampleGate();
    sample.publish(...Object.values(world), key);
    token = mint(sample.nowMs);
  });
  afterEach(() => sample.close());

  const call = (target = read, fields = bearer(token), head = {}) => sample.call(target, fields, head);
  const deny = (name: string, before: number): SnapshotObject => ({
    kind: 'denial',
    key: name,
    tenant: 'ten_0',
    before,
    until: before + 1000,
  });
  const seconds = (): number => sample.nowMs / 1000;

  it('identifies to the upstream the tenant that installed, the app, the person, and the scopes', () => {
    const { status, sent, dropped } = call(read, bearer(mint(sample.nowMs, { sub: 'usr_1' })));
    assert.equal(status, 200);
    const own = [...sent].filter(([name]) => name.startsWith('tulou-') && !/request|assertion/.test(name));
    assert.deepEqual(Object.fromEntries(own), {
      'tulou-environment': 'live',
      'tulou-tenant': 'ten_3',
      'tulou-app': 'app_1',
      'tulou-installation': 'ins_1',
      'tulou-user': 'usr_1',
      'tulou-plan': 'pln_1',
      'tulou-scopes': 'read write',
    });
    const [, claims = ''] = (sent.get('tulou-assertion') ?? '').split('.');
    const { iat, exp, ...said } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    assert.deepEqual(said, {
      iss: 'https://platform.test',
      aud: 'acme/orders',
      environment: 'live',
      tenant: 'ten_3',
      app: 'app_1',
      installation: 'ins_1',
      user: 'usr_1',
      plan: 'pln_1',
      subscription: 'sub_1',
      scopes: 'read write',
    });
    assert.equal(Number(exp) - Number(iat), 120);
    assert.ok(dropped.has('authorization'));
    assert.equal(call().sent.has('tulou-user'), false);
  });

  it('never mixes up two tokens of one subscription', () => {
    const others = [mint(sample.nowMs, { sub: 'usr_1', scope: 'acme/orders:read' }), token];
    for (const one of [...others, ...others]) {
      const { sent } = call(read, bearer(one));
      assert.equal(sent.get('tulou-user'), one === token ? undefined : 'usr_1');
      assert.equal(sent.get('tulou-scopes'), one === token ? 'read write' : 'read');
    }
    assert.equal(call(read, ['x-api-key', text]).sent.get('tulou-tenant'), 'ten_2');
  });

  it('without a scope gets its name, and the page where an admin can grant it', () => {
    const answer = call('/acme/orders/v1/orders', bearer(mint(sample.nowMs, { scope: 'acme/orders:read' })), {
      method: 'POST',
    });
    assert.equal(answer.status, 403);
    assert.equal(answer.code, 'scope_required');
    assert.equal(
      answer.fields.get('www-authenticate'),
      'Bearer realm="tulou", error="insufficient_scope", scope="acme/orders:write"',
    );
    const link = new URL(answer.detail.slice(answer.detail.indexOf('https://')));
    assert.equal(link.origin + link.pathname, 'https://platform.test/account/install');
    assert.deepEqual(
      [...link.searchParams],
      [
        ['app', 'dev/shop'],
        ['tenant', 'ten_3'],
        ['scopes', 'acme/orders:write'],
      ],
    );
  });

  it('has no scope that the API no longer has: a deleted one has no effect from the next call on', () => {
    const write = (): string => call('/acme/orders/v1/orders', bearer(token), { method: 'POST' }).code;
    assert.equal(write(), '');
    sample.publish({ ...world.api, scopes: [{ name: 'read', risk: 'low' }] });
    assert.deepEqual([write(), call().sent.get('tulou-scopes')], ['scope_required', 'read']);
    sample.publish(world.api);
    assert.equal(write(), '');
  });

  it('has what token, installation and app all hold: narrowing any of them counts for the next call', () => {
    const write = (): string => call('/acme/orders/v1/orders', bearer(token), { method: 'POST' }).code;
    assert.equal(write(), '');
    sample.publish({ ...world.installation, scopes: ['acme/orders:read'] });
    assert.equal(write(), 'scope_required');
    assert.equal(call().sent.get('tulou-scopes'), 'read');
    sample.publish(world.installation, { ...world.app, scopes: ['acme/orders:read'] });
    assert.equal(write(), 'scope_required');
    sample.publish(world.app);
    assert.equal(write(), '');
    assert.equal(call('/acme/orders/v1/orders', bearer(token), { method: 'DELETE' }).code, 'scope_required');
  });

  it('has no scope of another API by an equal name, nor one that only ends alike', () => {
    for (const scope of ['acme/other:read', 'evil/orders:read', 'read', 'x acme/orders:rea']) {
      sample.publish({ ...world.app, scopes: scope.split(' ') }, { ...world.installation, scopes: scope.split(' ') });
      assert.equal(call(read, bearer(mint(sample.nowMs, { scope }))).code, 'scope_required', scope);
    }
  });

  for (const path of ['/orders/7/', '/Orders/7', '//orders/7', '/nothing', '']) {
    it(`cannot get around a scope by spelling the path ${path}: it is no operation, with a key neither`, () => {
      assert.equal(call(`/acme/orders/v1${path}`).code, 'operation_unknown');
      assert.equal(call(`/acme/orders/v1${path}`, ['x-api-key', text]).code, 'operation_unknown');
    });
  }

  it('is checked by the canonical form of the path, and the upstream receives that form', () => {
    assert.equal(call('/acme/orders/v1/%6frders/%37%2dx').target, '/orders/7-x');
    const unscoped = bearer(mint(sample.nowMs, { scope: undefined }));
    assert.equal(call('/acme/orders/v1/%6frders/7', unscoped).code, 'scope_required');
  });

  it('needs no scope where the operation needs none', () => {
    assert.equal(call('/acme/orders/v1/health', bearer(mint(sample.nowMs, { scope: undefined }))).code, '');
  });

  for (const [what, change, code] of [
    ['the client', world.client, 'credential_invalid'],
    ['the app', world.app, 'credential_invalid'],
    ['the issuer', world.issuer, 'credential_invalid'],
    ['the installation', world.installation, 'installation_required'],
    ['the installing tenant', world.installer, 'tenant_suspended'],
    ['the developer’s tenant', world.developer, 'tenant_suspended'],
    ['the subscription', world.subscription, 'subscription_required'],
  ] as const) {
    it(`is refused immediately when ${what} is removed, and accepted again when it is restored`, () => {
      assert.equal(call().code, '');
      sample.drop(change);
      assert.equal(call().code, code);
      sample.publish(change);
      assert.equal(call().code, '');
    });
  }

  it('is refused immediately when the operator has suspended the app or a tenant', () => {
    assert.equal(call().code, '');
    sample.publish({ ...world.app, state: 'suspended' });
    assert.equal(call().code, 'credential_invalid');
    sample.publish(world.app, { ...world.installer, state: 'suspended' });
    assert.equal(call().code, 'tenant_suspended');
  });

  it('is refused immediately when its key is removed or replaced under the same kid', () => {
    assert.equal(call().code, '');
    sample.publish({ ...world.issuer, keys: [newSigner('k2').jwk] });
    assert.equal(call().code, 'credential_invalid');
    sample.publish({ ...world.issuer, keys: [newSigner('k1').jwk] });
    assert.equal(call().code, 'credential_invalid');
    sample.publish({ ...world.issuer, keys: [newSigner('k2').jwk, signer.jwk] });
    assert.equal(call().code, '');
  });

  for (const name of ['token:jti-1', 'grant:gid-1', 'user:cli_1']) {
    it(`is refused when ${name} is denied for what was issued before, also where it was taken just now`, () => {
      assert.equal(call().code, '');
      sample.publish(deny(name, seconds()));
      assert.equal(call().code, '');
      sample.publish(deny(name, seconds() + 1));
      assert.equal(call().code, 'credential_invalid');
      sample.drop(deny(name, 0));
      assert.equal(call().code, '');
    });
  }

  it('acts only for the installation that it names: of that tenant, for that app', () => {
    sample.publish({ ...world.installation, tenant: 'ten_2' });
    assert.equal(call().code, 'installation_required');
    sample.publish({ ...world.installation, app: 'app_2' });
    const { code, detail } = call();
    assert.equal(code, 'installation_required');
    assert.match(detail, /https:\/\/platform\.test\/account\/install\?app=dev%2Fshop&tenant=ten_3$/);
  });

  it('of a tenant’s own issuer acts only for clients of that tenant, whatever their ids are', () => {
    const own = '/mall/orders/v1/health';
    sample.publish({ ...world.api, tenant: 'ten_3' }, { ...world.version, tenant: 'ten_3' });
    sample.publish({ ...world.plan, tenant: 'ten_3' }, { ...world.issuer, issues_for: 'ten_3' });
    assert.equal(call(own).code, 'credential_invalid');
    sample.publish({ ...world.client, tenant: 'ten_3' });
    assert.equal(call(own).code, '');
    sample.publish({ ...world.issuer, issues_for: 'ten_2' });
    assert.equal(call(own).code, 'credential_invalid');
  });

  it('of a tenant’s own issuer is accepted only by APIs of that tenant: no other knows its people', () => {
    sample.publish({ ...world.issuer, issues_for: 'ten_3' }, { ...world.client, tenant: 'ten_3' });
    const { code, detail } = call();
    assert.equal(code, 'credential_invalid');
    assert.match(detail, /only APIs of that tenant/);
    sample.publish({ ...world.issuer, issues_for: null });
    assert.equal(call().code, '');
  });

  it('is not remembered after its expiry, and is then reported as expired', () => {
    assert.equal(call().code, '');
    sample.nowMs += 359_999;
    assert.equal(call().code, '');
    sample.nowMs += 1;
    for (const answer of [call(), call()]) {
      assert.equal(answer.code, 'token_expired');
      assert.equal(answer.fields.get('www-authenticate'), 'Bearer realm="tulou", error="invalid_token"');
    }
  });

  it('is remembered for one spelling: refused ones take no place, and the memory is bounded', () => {
    for (const wrong of [`${token}=`, `${token} `, token.slice(0, -1)]) {
      assert.equal(call(read, bearer(wrong)).code, 'credential_invalid');
    }
    assert.equal(sample.gate.tokens.size, 0);
    call();
    call();
    assert.equal(sample.gate.tokens.size, 1);
  });

  it('goes on under a new full configuration', () => {
    assert.equal(call().code, '');
    sample.gate.state = undefined;
    sample.publish(...Object.values(world));
    assert.equal(call().code, '');
  });

  it('is accepted only by versions that take tokens, and a key only by versions that take keys', () => {
    assert.equal(call('/acme/orders/key/orders/7').code, 'credential_invalid');
    assert.equal(call('/acme/orders/token/orders/7').code, '');
    assert.equal(call('/acme/orders/token/orders/7', ['x-api-key', text]).code, 'credential_invalid');
    const both = call('/acme/orders/token/orders/7', [...bearer(token), 'x-api-key', text]);
    assert.equal(both.sent.get('tulou-tenant'), 'ten_3');
    assert.ok(both.dropped.has('authorization') && both.dropped.has('x-api-key'));
  });

  it('never sends its token to the upstream: not with a key beside it, not on an open version, in no spelling', () => {
    assert.ok(call(read, [...bearer(token), 'x-api-key', text]).dropped.has('authorization'));
    for (const spelled of [`${token}==`, `${token}.x`, mint(sample.nowMs, {}, { typ: 'JWT' })]) {
      assert.equal(call('/acme/orders/open/x', bearer(spelled)).code, 'credential_invalid');
      assert.ok(call(read, [...bearer(spelled), 'x-api-key', text]).dropped.has('authorization'));
    }
    assert.ok(call(read, ['authorization', `Else ${token}`, 'x-api-key', text]).dropped.has('authorization'));
    assert.equal(call('/acme/orders/open/x', ['authorization', `Else ${token}`]).code, 'credential_invalid');
    const known = call('/acme/orders/open/x');
    assert.equal(known.code, '');
    assert.ok(known.dropped.has('authorization'));
    const foreign = call('/acme/orders/open/x', bearer(mint(sample.nowMs, { iss: 'https://elsewhere.test' })));
    assert.equal(foreign.code, '');
    assert.equal(foreign.dropped.has('authorization'), false);
  });

  it('counts in a window of its installation if the plan requires it', () => {
    sample.publish({ ...world.plan, limits: [{ requests: 1, per: 'minute', by: 'installation' }] });
    const second = { ...world.installation, key: 'ins_2', tenant: 'ten_4' };
    sample.publish({ kind: 'tenant', key: 'ten_4', slug: 'shop', state: 'active' }, second);
    const other = mint(sample.nowMs, { ins: 'ins_2', aud: 'urn:tulou:tenant:ten_4' });
    const codes = [token, other, token, other].map((one) => call(read, bearer(one)).code);
    assert.deepEqual(codes, ['', '', 'rate_limited', 'rate_limited']);
    assert.equal(call(read, ['x-api-key', text]).code, '');
    assert.equal(call(read, ['x-api-key', text]).code, 'rate_limited');
  });

  it('for a scope of high risk is refused while the configuration is stale; others go on', () => {
    const wipe = bearer(mint(sample.nowMs, { scope: 'acme/orders:wipe acme/orders:read' }));
    const wiping = (): string => call('/acme/orders/v1/orders', wipe, { method: 'DELETE' }).code;
    sample.nowMs += 60_000;
    assert.equal(wiping(), '');
    sample.nowMs += 1000;
    assert.equal(wiping(), 'stale_configuration');
    assert.equal(call(read, wipe).code, '');
    sample.gate.freshness.confirm(sample.nowMs);
    assert.equal(wiping(), '');
    sample.nowMs -= 5000;
    assert.equal(wiping(), 'stale_configuration');
  });

  it('finds the keys of an issuer that came broken as they were before', () => {
    sample.publish({ ...world.issuer, keys: [{ kty: 'oct', k: 'AAAA', kid: 'k1' }] });
    assert.equal(sample.quarantined, 1);
    assert.equal(call().code, '');
  });
});

describe('a token that is bound to a key', () => {
  const holder = newSigner('h');
  const url = `https://gateway.test${read}`;
  let sample: SampleGate;
  let token = '';
  beforeEach(() => {
    sample = new SampleGate();
    sample.publish(...Object.values(world), key);
    token = mint(sample.nowMs, { cnf: { jkt: thumbprint(holder) } });
  });
  afterEach(() => sample.close());

  const proof = (wish = {}, head = {}, by = holder): string =>
    prove(by, token, sample.nowMs, { htu: url, ...wish }, head);
  const send = (...proofs: string[]) =>
    sample.call(`${read}?a=b`, ['authorization', `DPoP ${token}`, ...proofs.flatMap((one) => ['dpop', one])]);

  it('is taken with a proof for this call, once', () => {
    const first = proof();
    const { code, dropped } = send(first);
    assert.equal(code, '');
    assert.ok(dropped.has('dpop') && dropped.has('authorization'));
    assert.equal(send(first).code, 'proof_required');
    assert.equal(send(proof({ jti: 'proof-2' })).code, '');
    const upperCase = proof({ jti: 'proof-3', htu: `HTTPS://Gateway.test:443${read}?x=y#z` });
    assert.equal(send(upperCase).code, '');
  });

  it('is refused as a bearer token, with a proof or without', () => {
    for (const more of [[], ['dpop', proof()]]) {
      const answer = sample.call(read, ['authorization', `Bearer ${token}`, ...more]);
      assert.equal(answer.code, 'proof_required');
      assert.equal(
        answer.fields.get('www-authenticate'),
        'DPoP realm="tulou", error="invalid_token", algs="ES256 EdDSA"',
      );
    }
  });

  it('is required by the scheme: a token that is bound to no key is refused under the scheme DPoP', () => {
    const unbound = mint(sample.nowMs);
    assert.equal(sample.call(read, ['authorization', `DPoP ${unbound}`, 'dpop', proof()]).code, 'credential_invalid');
  });

  it('is taken at a host name of the API with a proof for that', () => {
    const at = (htu: string, jti: string) =>
      sample.call('/v1/orders/7', ['authorization', `DPoP ${token}`, 'dpop', proof({ htu, jti })], {
        host: 'orders.example.com',
      }).code;
    assert.equal(at('https://orders.example.com/v1/orders/7', 'a'), '');
    assert.equal(at(url, 'b'), 'proof_required');
  });

  const thief = newSigner('h');
  for (const [what, proofs] of Object.entries<() => string[]>({
    'no proof': () => [],
    'two proofs': () => [proof(), proof({ jti: 'proof-2' })],
    'a proof with another key': () => [proof({}, {}, thief)],
    'another key’s signature over this key': () => {
      const { kty, crv, x, y } = holder.jwk;
      return [proof({}, { jwk: { kty, crv, x, y } }, thief)];
    },
    'another method': () => [proof({ htm: 'POST' })],
    'another path': () => [proof({ htu: 'https://gateway.test/acme/orders/v1/orders/8' })],
    'another host': () => [proof({ htu: `https://evil.test${read}` })],
    'another scheme': () => [proof({ htu: `http://gateway.test${read}` })],
    'another token': () => [proof({ ath: 'a'.repeat(43) })],
    'no token': () => [proof({ ath: undefined })],
    'a proof without time': () => [proof({ iat: undefined })],
    'a proof without jti': () => [proof({ jti: undefined })],
    'another type': () => [proof({}, { typ: 'JWT' })],
    'no algorithm': () => [proof({}, { alg: 'none' })],
    'a critical extension': () => [proof({}, { crit: ['x'] })],
    'a private key': () => [proof({}, { jwk: { ...holder.key.export({ format: 'jwk' }) } })],
    'another spelling': () => [`${proof()}=`],
  })) {
    it(`is refused with ${what}`, () => {
      const answer = send(...proofs());
      assert.equal(answer.code, 'proof_required');
      assert.match(answer.fields.get('www-authenticate') ?? '', /^DPoP .*error="invalid_dpop_proof"/);
    });
  }

  it('never accepts a proof again that could still be fresh, even if the memory of used ones is full', () => {
    const codes = Array.from({ length: 65 }, (_, n) => send(proof({ jti: `p${n}` })).code);
    assert.deepEqual(codes.slice(0, 64), Array<string>(64).fill(''));
    assert.equal(codes[64], 'overloaded');
    assert.equal(send(proof({ jti: 'p0' })).code, 'proof_required');
    sample.nowMs += 61_000;
    assert.equal(send(proof({ jti: 'p65' })).code, '');
  });
});
