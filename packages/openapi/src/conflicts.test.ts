import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readOpenapi, type OpenapiDocument } from './read.ts';
import { overlap, rankOf, routeOf, type Route } from './templates.ts';

/** A document with a `GET` for each of these paths, which needs this scope; none for an empty one. */
function read(paths: Readonly<Record<string, string>>, method = 'get'): OpenapiDocument {
  const operation = (scope: string): object => ({
    security: scope === '' ? [] : [{ login: [scope] }],
    responses: { 200: { description: 'fine' } },
  });
  const document = {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1' },
    paths: Object.fromEntries(Object.entries(paths).map(([path, scope]) => [path, { [method]: operation(scope) }])),
    components: { securitySchemes: { login: { type: 'openIdConnect', openIdConnectUrl: 'https://example.com' } } },
  };
  const result = readOpenapi(JSON.stringify(document));
  assert.ok(result.ok, JSON.stringify(result.report));
  return result;
}

const published = (paths: Readonly<Record<string, string>>): string[] => read(paths).operations.map(({ path }) => path);

describe('operations that need different scopes', () => {
  const confused: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['variables of other names', { '/jobs/{name}': 'read', '/jobs/{id}': 'admin' }],
    ['letter case', { '/orders/admin': 'admin', '/orders/Admin': 'read' }],
    ['letter case around a variable', { '/Orders/{id}': 'admin', '/orders/{id}': 'read' }],
    ['a last slash', { '/orders/': 'admin', '/orders': 'read' }],
    ['percent-encoding of a letter', { '/orders/%61dmin': 'admin', '/orders/admin': 'read' }],
    ['percent-encoding of a slash', { '/orders%2Fadmin': 'admin', '/orders/admin': 'read' }],
    ['percent-encoding in small letters', { '/a%2fb': 'admin', '/a%2Fb': 'read' }],
    ['an empty segment', { '/orders//admin': 'admin', '/orders/admin': 'read' }],
    ['a matrix parameter', { '/orders;v=1': 'admin', '/orders': 'read' }],
    ['a query in the path key', { '/orders?all': 'admin', '/orders': 'read' }],
    ['two variables in one segment, apart by as much text', { '/jobs/{a}:{b}': 'admin', '/jobs/{a}-{b}': 'read' }],
    ['a beginning and an end that fit one text', { '/jobs/a{x}': 'admin', '/jobs/{x}b': 'read' }],
    ['no scope at all', { '/jobs/{name}': '', '/jobs/{id}': 'admin' }],
  ];
  for (const [name, paths] of confused) {
    it(`are not published where nothing certain tells them apart: ${name}`, () => {
      const { operations, unpublished, report } = read({ ...paths, '/other': 'read' });
      assert.deepEqual(
        operations.map(({ path }) => path),
        ['/other'],
      );
      assert.deepEqual(
        unpublished.map(({ path }) => path),
        Object.keys(paths),
      );
      assert.equal(report.errors, 1);
      assert.match(report.items[0]?.message ?? '', /need different scopes. Neither is published/);
    });
  }

  const apart: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a literal in the segment', { '/jobs/{name}:{verb}': 'admin', '/jobs/{name}': 'read' }],
    ['a literal segment', { '/jobs/purge': 'admin', '/jobs/{name}': 'read' }],
    ['longer literal text', { '/files/{name}.json': 'admin', '/files/{name}.{kind}': 'read' }],
    ['an earlier segment', { '/a/{x}/b': 'admin', '/a/b/{y}': 'read' }],
    ['texts that no address has in common', { '/jobs/a{x}': 'admin', '/jobs/b{x}': 'read' }],
    ['another number of segments', { '/jobs/{x}': 'admin', '/jobs/{x}/log': 'read' }],
  ];
  for (const [name, paths] of apart) {
    it(`are published where a gateway tells them apart: ${name}`, () => {
      assert.deepEqual(published(paths), Object.keys(paths));
    });
  }
});

it('of three that may be read as one, none is published where one needs other scopes', () => {
  const { operations, report } = read({ '/orders': 'read', '/orders/': 'read', '/Orders': 'admin', '/other': 'read' });
  assert.deepEqual(
    operations.map(({ path }) => path),
    ['/other'],
  );
  assert.equal(report.errors, 1);
});

it('templates that are made to be compared at length count as the same past a bound', () => {
  const paths = Object.fromEntries(
    Array.from({ length: 200 }, (_, n) => [
      `/${'{a}x'.repeat(120)}${String(n).padStart(3, '0')}{b}`,
      n % 2 === 0 ? 'read' : 'admin',
    ]),
  );
  const before = process.cpuUsage();
  assert.deepEqual(published({ ...paths, '/other': 'read' }), ['/other']);
  const used = process.cpuUsage(before);
  assert.ok((used.user + used.system) / 1e6 < 5);
});

it('operations of the same scopes are one where their addresses are, and the first of them stands for both', () => {
  const { operations, report } = read({ '/jobs/{name}': 'read', '/jobs/{id}': 'read' });
  assert.deepEqual(
    operations.map(({ path }) => path),
    ['/jobs/{name}'],
  );
  assert.equal(report.errors, 0);
});

it('a path is routed in the normal form of RFC 3986', () => {
  assert.deepEqual(published({ '/%7euser/a%2fb/größe/{id}': 'read' }), ['/~user/a%2Fb/gr%C3%B6%C3%9Fe/{id}']);
});

it('a path with segments that clients remove is not published', () => {
  assert.deepEqual(published({ '/a/../b': '', '/./b': '', '/%2e%2e/c': '', '/d': '' }), ['/d']);
});

const segment = fc
  .array(fc.constantFrom('{v}', 'a', 'b', ':', '*', '-'), { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.join(''));

function routed(template: string): Route {
  const { route } = routeOf(template);
  assert.ok(route !== undefined, template);
  return route;
}

/** The addresses of a template whose variables have one to three characters. */
const fits = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll(/[*]/g, '\\*').replaceAll('{v}', '[^/]+')}$`);

it('two templates overlap where one address fits both', () => {
  const texts = fc.sample(fc.array(fc.constantFrom('a', 'b', ':', '*', '-'), { minLength: 1, maxLength: 5 }), {
    numRuns: 4000,
    seed: 7,
  });
  const addresses = texts.map((text) => `/${text.join('')}`);
  fc.assert(
    fc.property(segment, segment, (left, right) => {
      const [a, b] = [`/${left}`, `/${right}`];
      const common = addresses.some((address) => fits(a).test(address) && fits(b).test(address));
      if (common) assert.ok(overlap(routed(a), routed(b)), `${a} ${b}`);
      // A template without variables is its own only address.
      if (!left.includes('{')) assert.equal(overlap(routed(a), routed(b)), fits(b).test(a), `${a} ${b}`);
    }),
    { numRuns: 500 },
  );
});

it('a template has the rank of another only where neither says more', () => {
  assert.equal(rankOf(routed('/a/{x}')), rankOf(routed('/a/{y}')));
  assert.notEqual(rankOf(routed('/a/{x}')), rankOf(routed('/a/b')));
  assert.notEqual(rankOf(routed('/a/{x}:{y}')), rankOf(routed('/a/{x}')));
});
