import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replaced } from './steps/credential.ts';
import { errors, problemBody } from '@tulou/contract';
import {
  address,
  key,
  newKey,
  outcome,
  pairs,
  planWith,
  threadForEach,
  withKey,
  world,
} from '../../test/gateway/one-thread.ts';
import { renderMetrics } from './metrics.ts';
import { lifecycle } from './pipeline.ts';

describe('the pipeline', () => {
  const thread = threadForEach();

  it('is a table whose steps name every code they can end with, all of them of the catalogue', () => {
    assert.deepEqual(
      lifecycle.map(({ name }) => name),
      ['target', 'route', 'identify', 'authorise', 'limit', 'once', 'forward', 'account'],
    );
    for (const { refusals } of lifecycle) for (const code of refusals) assert.ok(code in errors);
  });

  it('forwards a call with who calls, and without the credential', () => {
    const { forwarded } = thread().begin(`${address}?a=b%20c`, withKey);
    assert.equal(forwarded?.target, '/base/orders/7?a=b%20c');
    assert.equal(forwarded.upstream.key, 'http://upstream.test:8000');
    assert.deepEqual(
      [...forwarded.dropFields].toSorted(),
      [...replaced, 'client-cert', 'client-cert-chain', 'x-api-key'].toSorted(),
    );
    assert.equal(forwarded.timeoutMs, 5000);
    assert.equal(forwarded.requestBytesMax, 1000);
    const sent = pairs(forwarded.addFields);
    assert.equal(sent.get('tulou-tenant'), 'ten_2');
    assert.equal(sent.get('tulou-app'), 'app_1');
    assert.equal(sent.get('tulou-plan'), 'pln_1');
    assert.equal(sent.get('tulou-scopes'), '');
    assert.equal(sent.has('tulou-user') || sent.has('tulou-installation'), false);
    assert.equal(sent.get('tulou-request-id'), pairs(forwarded.answerFields).get('tulou-request-id'));
    assert.match(sent.get('tulou-assertion') ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  for (const [target, forwarded] of [
    ['/acme/orders/v1', '/base'],
    ['/acme/orders/v1/', '/base/'],
    ['/acme/orders/v1?x=1', '/base?x=1'],
    ['/acme/orders/v1//a', '/base//a'],
    ['/acme/orders/v1/a..b/.c', '/base/a..b/.c'],
    ['/acme/orders/v1/a%2Fb?p=/../x', '/base/a%2Fb?p=/../x'],
  ] as const) {
    it(`forwards ${target} as ${forwarded}`, () => {
      assert.equal(thread().begin(target, withKey).forwarded?.target, forwarded);
    });
  }

  for (const rest of [
    '/..',
    '/../admin',
    '/a/../b',
    '/.',
    '/a/.',
    '/%2e%2E/a',
    '/.%2e',
    '/a%2f..%2fb',
    '/..\\a',
    '/\\..',
    '/%5c..%5c',
    '/..;/admin',
    '/a/..;x=1/b',
    '/%252e%252e/a',
    '/a%252f..%252fb',
    '/%2e%2e%3b/a',
    '/%c0%ae%c0%ae/a',
  ]) {
    it(`refuses the dot segment in ${rest}: upstream it could mean another place`, () => {
      assert.equal(thread().call(`/acme/orders/v1${rest}`, withKey).code, 'malformed_request');
    });
  }

  it('finds an API by its host name too, with or without a port', () => {
    for (const host of ['orders.example.com', 'orders.example.com:8080']) {
      assert.equal(thread().begin('/v1/orders/7', withKey, { host }).forwarded?.target, '/base/orders/7');
      assert.equal(thread().call('/v9/orders/7', withKey, { host }).code, 'route_not_found');
      assert.equal(thread().call(address, withKey, { host }).code, 'route_not_found');
    }
  });

  it('answers the same, byte for byte, for every missing part of the address', () => {
    const targets = [
      '/nobody/orders/v1/a',
      '/acme/nothing/v1/a',
      '/acme/orders/v9/a',
      '/acme/orders/',
      '/acme/orders',
      '/acme',
      '/',
      '*',
      '/?a/b/c',
    ];
    const answers = targets.map((target) => thread().call(target, withKey).answered);
    for (const answer of answers) {
      assert.equal(answer?.status, 404);
      assert.equal(answer.body, JSON.stringify(problemBody('route_not_found')));
      assert.deepEqual([...answer.fields.keys()], ['tulou-request-id', 'content-type', 'content-language', 'vary']);
    }
    assert.deepEqual(thread().recorded(), []);
  });

  it('answers in the language of the caller, the same bytes for everything that is absent', () => {
    const chinese = { ...withKey, 'accept-language': 'fr, zh-CN;q=0.9, en;q=0.5' };
    const answers = ['/nobody/orders/v1/a', '/acme/orders/v9/a', '/'].map(
      (target) => thread().call(target, chinese).answered,
    );
    for (const answer of answers) {
      assert.equal(answer?.body, JSON.stringify(problemBody('route_not_found', undefined, undefined, 'zh-CN')));
      assert.equal(answer.fields.get('content-language'), 'zh-CN');
      assert.equal(answer.fields.get('vary'), 'accept-language');
      assert.match(answer.body, /[\u4e00-\u9fff]/);
    }
    const { fields } = thread().pipeline.problem('upstream_timeout', thread().begin(address, chinese));
    assert.equal(pairs(fields).get('content-language'), 'zh-CN');
    const english = thread().call('/', { ...withKey, 'accept-language': 'en, zh;q=0.1' });
    assert.equal(english.answered?.fields.get('content-language'), 'en');
  });

  it('answers the same for a private API as where there is none, to all who have no right to it', () => {
    const api = world.find(({ kind }) => kind === 'api');
    assert.ok(api?.kind === 'api');
    const missing = thread().call('/acme/orders/v9/a').answered;
    const other = newKey('live', null, 'app_2');
    thread().publish({ ...api, private: true }, other.object);
    const strangers: Record<string, string>[] = [
      {},
      { 'x-api-key': other.text },
      { 'x-api-key': 'tlk_live_x' },
      { authorization: 'Bearer a.b.c' },
    ];
    for (const fields of strangers)
      for (const version of ['v1', 'token', 'old', 'dep', 'v9']) {
        const { answered, code } = thread().call(`/acme/orders/${version}/a`, fields);
        assert.equal(code, 'route_not_found', `${version} ${JSON.stringify(fields)}`);
        assert.equal(answered?.body, missing?.body);
        assert.deepEqual([...(answered?.fields.keys() ?? [])], [...(missing?.fields.keys() ?? [])]);
      }
    assert.equal(thread().call(address, withKey).code, undefined);
    assert.equal(thread().call('/acme/orders/token/a', withKey).code, 'route_not_found');
  });

  for (const [what, rest, fields] of [
    ['a method override', '/orders/7', { 'x-http-method-override': 'DELETE' }],
    ['its twin', '/orders/7', { x_http_method: 'DELETE' }],
    ['another one', '/orders/7', { 'x-method-override': 'PUT' }],
    ['one in the query', '/orders/7?a=b&_method=DELETE', {}],
    ['one in the query, escaped', '/orders/7?%5fmeth%6fd=DELETE', {}],
    ['one in the query, as PHP reads it', '/orders/7?.method=DELETE', {}],
    ['a NUL', '/orders/7%00', {}],
    ['an encoded slash', '/orders/7%2fx', {}],
  ] as const) {
    it(`refuses ${what} where operations need scopes, and forwards it where none does`, () => {
      const scoped = world.find((object) => object.kind === 'version');
      assert.ok(scoped?.kind === 'version');
      assert.equal(thread().call(`/acme/orders/v1${rest}`, { ...withKey, ...fields }).code, undefined);
      const operations = scoped.operations.map((operation) => ({ ...operation, scopes: ['read'] }));
      thread().publish({ ...scoped, operations });
      assert.equal(thread().call(`/acme/orders/v1${rest}`, { ...withKey, ...fields }).code, 'request_ambiguous');
    });
  }

  it('forwards only operations of the document where the version is strict, and any path where it is not', () => {
    const version = world.find((object) => object.kind === 'version');
    assert.ok(version?.kind === 'version');
    const operations = [{ id: 'get', method: 'GET', path: '/orders/{id}', scopes: ['read'] }];
    const code = (change: object, path: string): unknown => {
      thread().publish({ ...version, ...change });
      return thread().call(`/acme/orders/v1${path}`, withKey).code;
    };
    assert.equal(code({}, '/nothing'), undefined);
    assert.equal(code({ strict: true }, '/nothing'), 'operation_unknown');
    assert.equal(code({ strict: true }, '/orders/7'), undefined);
    assert.equal(code({ operations }, '/nothing'), 'operation_unknown');
    assert.equal(code({ operations, strict: false }, '/nothing'), undefined);
    assert.equal(code({ operations, strict: false }, '/orders/7%00'), 'request_ambiguous');
  });

  it('records why an upstream gave no good answer: in usage, in the access log and in metrics, not in the answer', () => {
    const lost = thread().begin(address, withKey);
    const fault = { cause: 'malformed_field', at: 'line 3' } as const;
    thread().end(lost, outcome(502, { error: 'upstream_malformed', fault }));
    const bare = thread().call('/acme/orders/bare/a', withKey);
    assert.equal(bare.code, 'upstream_unreachable');
    assert.equal(bare.answered?.body.includes('no_upstream'), false);
    thread().call(address, withKey);
    const causes = thread()
      .recorded()
      .map(({ status, cause, requests }) => [status, cause, requests]);
    assert.deepEqual(causes, [
      [502, 'malformed_field', 1],
      [502, 'no_upstream', 1],
      [200, undefined, 1],
    ]);
    const [first] = thread().logged.split('\n');
    assert.partialDeepStrictEqual(JSON.parse(first ?? ''), { cause: 'malformed_field', cause_at: 'line 3' });
    const figures = renderMetrics([thread().gate.metrics], {} as Parameters<typeof renderMetrics>[1]);
    assert.match(figures, /upstream_failures_total\{cause="malformed_field"\} 1/);
    assert.match(figures, /upstream_failures_total\{cause="no_upstream"\} 1/);
  });

  it('answers 410 for a retired version, and says of a deprecated one since when and until when', () => {
    assert.equal(thread().call('/acme/orders/old/a', withKey).answered?.status, 410);
    const fields = pairs(thread().begin('/acme/orders/dep/a', withKey).forwarded?.answerFields ?? []);
    assert.equal(fields.get('deprecation'), '@1700000000');
    assert.equal(fields.get('sunset'), 'Sun, 17 Mar 2030 17:46:40 GMT');
  });

  it('records every answer of a version, its own refusals too, with whose and what it was', () => {
    thread().call(address, withKey);
    thread().call(address, withKey);
    thread().call(address);
    thread().call('/acme/orders/v1/unknown', withKey);
    const rows = thread()
      .recorded()
      .map(({ operation, app, consumer, status, requests, key: byKey }) => [
        ...[operation, app, consumer, status, requests, byKey],
      ]);
    assert.deepEqual(rows, [
      ['getOrder', 'app_1', 'ten_2', 200, 2, 'key_1'],
      ['getOrder', null, null, 401, 1, null],
      [null, 'app_1', 'ten_2', 200, 1, 'key_1'],
    ]);
  });

  it('records nothing for a call to which nothing was sent', () => {
    thread().end(thread().begin(address, withKey), outcome(0, { complete: false, error: 'client_aborted' }));
    assert.deepEqual(thread().recorded(), []);
  });

  it('says 502 where a version has no upstream', () => {
    assert.equal(thread().call('/acme/orders/bare/a', withKey).code, 'upstream_unreachable');
  });

  it('goes on with the trace of the caller under a parent of its own, or begins one', () => {
    const trace = 'a'.repeat(32);
    const parent = 'b'.repeat(16);
    const sent = (fields: Record<string, string>): string =>
      pairs(thread().begin(address, { ...withKey, ...fields }).forwarded?.addFields ?? []).get('traceparent') ?? '';
    const kept = sent({ traceparent: `00-${trace}-${parent}-01` });
    assert.match(kept, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    assert.ok(!kept.includes(parent));
    assert.match(sent({ traceparent: `cc-${trace}-${parent}-01-more` }), new RegExp(`^00-${trace}-`));
    for (const bad of [
      '',
      'x',
      `00-${'0'.repeat(32)}-${parent}-01`,
      `ff-${trace}-${parent}-01`,
      `00-${trace}-${parent}-01-x`,
    ]) {
      assert.match(sent({ traceparent: bad }), /^00-(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    }
  });

  it('keeps query values and credentials out of its access log', () => {
    thread().call(`${address}?token=secret-in-query`, { ...withKey, cookie: 'secret-cookie' });
    thread().call(address, { authorization: 'Bearer secret-wrong' });
    assert.equal(thread().logged.trim().split('\n').length, 2);
    assert.ok(!thread().logged.includes('secret') && !thread().logged.includes(key.text));
    const [first = ''] = thread().logged.split('\n');
    const { path, status, app, operation, duration_us: durationUs } = JSON.parse(first) as Record<string, unknown>;
    assert.deepEqual([path, status, app, operation, durationUs], [address, 200, 'app_1', 'getOrder', 1500]);
  });

  it('answers load balancers, and calls only when it has a configuration', () => {
    assert.equal(thread().begin('/healthz').answered?.status, 200);
    assert.equal(thread().begin('/readyz').answered?.status, 200);
    thread().gate.draining = true;
    assert.equal(thread().begin('/readyz').answered?.status, 503);
    thread().gate.state = undefined;
    thread().gate.draining = false;
    assert.equal(thread().begin('/readyz').answered?.status, 503);
    assert.equal(thread().begin(address, withKey).code, 'not_ready');
  });

  it('answers 500 and goes on where a step of ours is broken', () => {
    Object.defineProperty(thread().gate, 'windows', { value: undefined });
    thread().publish(planWith({ limits: [{ requests: 5, per: 'minute', by: 'subscription' }], concurrency: 1 }));
    assert.equal(thread().call(address, withKey).code, 'internal');
    assert.equal(thread().call(address, withKey).code, 'internal', 'the place was given back');
  });

  it('releases the place before the answer leaves: a caller that has its answer may call again immediately', () => {
    thread().publish(planWith({ concurrency: 1 }));
    const first = thread().begin(address, withKey);
    assert.equal(thread().begin(address, withKey).answered?.status, 429);
    thread().pipeline.commit([{ exchange: first, outcome: outcome(200) }]);
    assert.notEqual(thread().begin(address, withKey).forwarded, undefined);
  });

  it('puts the request id and the fields of the plan on answers that the engine makes', () => {
    thread().publish(planWith({ limits: [{ requests: 5, per: 'minute', by: 'subscription' }] }));
    const exchange = thread().begin(address, withKey);
    const { fields, body } = thread().pipeline.problem('upstream_timeout', exchange);
    assert.equal(
      pairs(fields).get('tulou-request-id'),
      pairs(exchange.forwarded?.answerFields ?? []).get('tulou-request-id'),
    );
    assert.equal(pairs(fields).get('ratelimit-policy'), '"minute";q=5;w=60');
    assert.equal(body, JSON.stringify(problemBody('upstream_timeout')));
    assert.match(
      pairs(thread().pipeline.problem('malformed_request', undefined).fields).get('tulou-request-id') ?? '',
      /^req_/,
    );
  });

  it('shows its figures as Prometheus text, with no series that grows with tenants', () => {
    thread().call(address, withKey);
    thread().call(address);
    thread().pipeline.refused('malformed_request');
    const running = thread().begin(address, withKey);
    const figures = new Proxy({}, { get: () => 0 }) as Parameters<typeof renderMetrics>[1];
    const text = renderMetrics([thread().gate.metrics], figures);
    for (const line of [
      'tulou_gateway_requests_total{class="2xx"} 1',
      'tulou_gateway_requests_total{class="4xx"} 1',
      'tulou_gateway_refusals_total{code="credential_missing"} 1',
      'tulou_gateway_refusals_total{code="malformed_request"} 1',
      'tulou_gateway_in_flight 1',
      'tulou_gateway_request_duration_seconds_bucket{le="0.001"} 0',
      'tulou_gateway_request_duration_seconds_bucket{le="0.0025"} 2',
      'tulou_gateway_request_duration_seconds_bucket{le="+Inf"} 2',
      'tulou_gateway_request_duration_seconds_count 2',
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    assert.ok(!/ten_|app_|acme/.test(text));
    thread().end(running);
  });
});
