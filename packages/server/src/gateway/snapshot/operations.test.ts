import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OperationIndex } from './operations.ts';

const operation = (method: string, path: string) => ({ id: `${method} ${path}`, method, path });
const index = new OperationIndex([
  operation('get', '/orders'),
  operation('post', '/orders'),
  operation('get', '/orders/{id}'),
  operation('get', '/orders/export'),
  operation('get', '/orders/{id}.json'),
  operation('get', '/orders/{id}/lines/{line}'),
  operation('get', '/orders/export/lines/last'),
  operation('get', '/'),
]);

describe('the operation of a call', () => {
  for (const [method, path, found] of [
    ['GET', '/orders', 'get /orders'],
    ['POST', '/orders', 'post /orders'],
    ['GET', '/orders/7', 'get /orders/{id}'],
    ['GET', '/orders/export', 'get /orders/export'],
    ['GET', '/orders/7.json', 'get /orders/{id}.json'],
    ['GET', '/orders/.json', 'get /orders/{id}'],
    ['GET', '/orders/export/lines/1', 'get /orders/{id}/lines/{line}'],
    ['GET', '/orders/export/lines/last', 'get /orders/export/lines/last'],
    ['HEAD', '/orders/7', 'get /orders/{id}'],
    ['GET', '/', 'get /'],
    ['GET', '', 'get /'],
    ['DELETE', '/orders/7', undefined],
    ['GET', '/orders/', undefined],
    ['GET', '/orders/7/lines', undefined],
    ['GET', '/nothing', undefined],
  ] as const) {
    it(`${method} ${path} is ${found ?? 'none'}`, () => assert.equal(index.match(method, path)?.id, found));
  }

  it('is found among a thousand, for each of them', () => {
    const many = Array.from({ length: 1000 }, (_, i) => operation('get', `/r${i % 50}/{a}/s${i}/{b}`));
    const large = new OperationIndex(many);
    for (let i = 0; i < 1000; i += 1) assert.equal(large.match('GET', `/r${i % 50}/x/s${i}/y`)?.id, many[i]?.id);
  });

  it('is distinguished by the literal text of its segments, in any order of the document', () => {
    const paths = [
      '/jobs/{name}:{verb}',
      '/jobs/{name}',
      '/jobs/{name}:purge',
      '/jobs/{a}-{b}.{c}',
      '/jobs/all',
      '/{x}/all',
    ];
    for (const order of [paths, paths.toReversed(), paths.toSorted()]) {
      const jobs = new OperationIndex(order.map((path) => operation('post', path)));
      const found = (path: string) => jobs.match('POST', path)?.path;
      assert.equal(found('/jobs/x'), '/jobs/{name}');
      assert.equal(found('/jobs/x:stop'), '/jobs/{name}:{verb}');
      assert.equal(found('/jobs/x:purge'), '/jobs/{name}:purge');
      assert.equal(found('/jobs/:purge'), '/jobs/{name}');
      assert.equal(found('/jobs/x:'), '/jobs/{name}');
      assert.equal(found('/jobs/a-b.c'), '/jobs/{a}-{b}.{c}');
      assert.equal(found('/jobs/a-.c'), '/jobs/{name}');
      assert.equal(found('/jobs/all'), '/jobs/all');
      assert.equal(found('/tasks/all'), '/{x}/all');
    }
  });

  it('is found where the template holds what a path can only hold escaped', () => {
    const escaped = new OperationIndex([operation('get', '/café/{id}'), operation('get', '/a%2db/{id}')]);
    assert.equal(escaped.match('GET', '/caf%C3%A9/1')?.path, '/café/{id}');
    assert.equal(escaped.match('GET', '/a-b/1')?.path, '/a%2db/{id}');
  });

  it('is not searched without a bound, even for templates that were made to be expensive', () => {
    const paths = Array.from({ length: 4096 }, (_, bits) =>
      Array.from({ length: 12 }, (_, i) => ((bits >> i) & 1 ? '/a' : `/{p${i}}`)).join(''),
    );
    const dear = new OperationIndex(paths.map((path) => operation('get', path)));
    // Every template matches up to its last segment. Without a bound, each call would visit all of them.
    assert.equal(dear.match('GET', `${'/a'.repeat(12)}/z`), undefined);
    assert.ok(dear.visits <= 512 + 13);
  });
});
