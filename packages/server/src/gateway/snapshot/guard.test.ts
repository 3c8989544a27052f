import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OperationGuard } from './guard.ts';
import { OperationIndex } from './operations.ts';
import { canonical } from './templates.ts';

const operation = (method: string, path: string, ...scopes: string[]) => ({
  id: `${method} ${path}`,
  method,
  path,
  scopes,
});
const operations = [
  operation('GET', '/orders/{id}', 'read'),
  operation('GET', '/orders/admin', 'admin'),
  operation('GET', '/orders/export'),
  operation('GET', '/orders/{id}/purge', 'purge'),
  operation('GET', '/jobs/{name}', 'read'),
  operation('GET', '/jobs/{name}:{verb}', 'verb'),
  operation('GET', '/caf\u00e9/{id}', 'read'),
  operation('GET', '/caf\u00e9/key', 'admin'),
  operation('DELETE', '/orders/{id}', 'wipe'),
  operation('POST', '/orders', 'write'),
];
const guardOf = (strict: boolean, of = operations) => new OperationGuard(of, new OperationIndex(of), strict);
const strict = guardOf(true);
const loose = guardOf(false);
const scopesAt = (path: string, guard = strict, method = 'GET') => {
  const verdict = guard.judge(method, canonical(path));
  return typeof verdict === 'string'
    ? 'ambiguous'
    : verdict.operation === undefined && guard === strict
      ? 'unknown'
      : verdict.scopes.join(' ');
};

describe('the scopes of a path', () => {
  for (const [path, scopes] of [
    ['/orders/7', 'read'],
    ['/orders/admin', 'admin'],
    ['/orders/export', ''],
    ['/orders/administrator', 'read'],
    // Case, as Express and IIS read it.
    ['/orders/Admin', 'read admin'],
    ['/orders/%41DMIN', 'read admin'],
    ['/orders/%EF%BD%81dmin', 'read admin'],
    // Matrix parameters, as Spring and the servers of Java read them.
    ['/orders/admin;x=1', 'read admin'],
    ['/orders/Admin;', 'read admin'],
    ['/orders/admin%3Bx', 'read admin'],
    ['/orders;x/admin', 'unknown'],
    ['/orders/7;x/purge', 'purge read'],
    // Everything after `;` is a query, as Fastify reads it.
    ['/orders/admin;x/purge', 'purge admin read'],
    // Suffixes, as Rails and Spring read them.
    ['/orders/admin.json', 'read admin'],
    ['/orders/admin.json;x', 'read admin'],
    // Trailing dots and spaces, as Windows reads them.
    ['/orders/admin.', 'read admin'],
    ['/orders/admin%20', 'read admin'],
    // Repeated decoding.
    ['/orders/%2561dmin', 'read admin'],
    ['/orders/%25252561dmin', 'ambiguous'],
    ['/orders/%61%64min', 'admin'],
    // Hidden characters.
    ['/orders/admin%00', 'ambiguous'],
    ['/orders/admin%0A', 'ambiguous'],
    ['/orders/%C3', 'ambiguous'],
    ['/orders/7%2Fpurge', 'ambiguous'],
    ['/orders/7%5Cpurge', 'ambiguous'],
    ['/orders/7%252fpurge', 'ambiguous'],
    ['/orders/7%EF%BC%8Fpurge', 'ambiguous'],
    // Empty segments: no operations of the document.
    ['/orders/admin/', 'unknown'],
    ['//orders/admin', 'unknown'],
    ['/orders//admin', 'unknown'],
    ['/Orders/admin', 'unknown'],
    // Text inside a segment.
    ['/jobs/x', 'read'],
    ['/jobs/x:purge', 'verb'],
    ['/jobs/x%3Apurge', 'read verb'],
    ['/caf%C3%A9/7', 'read'],
    ['/caf%C3%A9/KEY', 'read admin'],
  ] as const) {
    it(`${path} needs ${scopes || 'none'}`, () => assert.equal(scopesAt(path), scopes));
  }

  it('are those of the operations that an undocumented path may be read as, where the version is not strict', () => {
    assert.equal(scopesAt('/nothing', loose), '');
    assert.equal(scopesAt('/orders/admin/', loose), 'admin read');
    assert.equal(scopesAt('//Orders/export', loose), 'read');
    assert.equal(scopesAt('/orders/7%2Fpurge', loose), 'read purge');
    assert.equal(scopesAt('/orders/7', loose, 'delete'), 'wipe');
    assert.equal(scopesAt('/orders/;x/purge', loose), 'purge read');
  });

  it('of HEAD are those of GET', () => {
    assert.equal(scopesAt('/orders/admin', strict, 'HEAD'), 'admin');
    const both = guardOf(true, [operation('HEAD', '/a/{b}', 'head'), operation('GET', '/a/{b}', 'get')]);
    assert.equal(scopesAt('/a/c', both, 'HEAD'), 'head get');
  });

  it('are those of all operations whose templates mean the same', () => {
    const twins = [operation('GET', '/a/{b}', 'one'), operation('GET', '/a/{c}', 'two')];
    assert.equal(scopesAt('/a/x', guardOf(true, twins)), 'one two');
    assert.equal(scopesAt('/a/x', guardOf(true, twins.toReversed())), 'two one');
    const crossed = [operation('GET', '/a/{b}-{c}', 'one'), operation('GET', '/a/{b}:{c}', 'two')];
    assert.equal(scopesAt('/a/x:y', guardOf(true, crossed)), 'two');
    assert.deepEqual(
      String(scopesAt('/a/x-y:z', guardOf(true, crossed)))
        .split(' ')
        .toSorted(),
      ['one', 'two'],
    );
  });

  it('are found or refused for every spelling of a protected path', () => {
    const spelled = fc.array(
      fc.constantFrom('lower', 'upper', 'escape', 'twice').map((how) => (character: string) => {
        const hex = character.charCodeAt(0).toString(16);
        return { lower: character, upper: character.toUpperCase(), escape: `%${hex}`, twice: `%25${hex}` }[how];
      }),
      { minLength: 5, maxLength: 5 },
    );
    const ending = fc.constantFrom('', ';', ';a=b', '.json', '.', '%20', '%00', '%3b', '.xml;q', '%2e');
    fc.assert(
      fc.property(spelled, ending, (spell, end) => {
        const segment = Array.from('admin', (character, at) => spell[at]?.(character)).join('');
        const needed = scopesAt(`/orders/${segment}${end}`);
        assert.ok(needed === 'ambiguous' || needed.split(' ').includes('admin'), `${segment}${end}: ${needed}`);
      }),
      { numRuns: 500 },
    );
  });

  it('are searched with a bound, even for templates that were made to be expensive', () => {
    const dear = Array.from({ length: 4096 }, (_, bits) =>
      Array.from({ length: 12 }, (_, i) => ((bits >> i) & 1 ? '/a' : `/{p${i}}`)).join(''),
    );
    const guard = guardOf(false, [...dear.map((path) => operation('GET', path, 'x')), operation('GET', '/q', 'y')]);
    assert.equal(scopesAt(`${'/a'.repeat(12)}/z`, guard), 'ambiguous');
  });
});
