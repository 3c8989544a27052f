import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { brokenDocuments } from './broken-documents.ts';
import { type Json, type JsonObject } from './json.ts';
import { readOpenapi, type OpenapiDocument } from './read.ts';
import { completeDocument, largeDocument } from './sample-documents.ts';

function read(text: string): OpenapiDocument {
  const result = readOpenapi(text);
  assert.ok(result.ok, JSON.stringify(result, undefined, 2));
  return result;
}

function messages(document: Json): string[] {
  const result = readOpenapi(JSON.stringify(document));
  return result.report.items.map(({ message }) => message);
}

describe('a document that is well', () => {
  for (const version of ['3.0.3', '3.1.1'] as const) {
    const document = completeDocument(version);

    it(`is read with everything in it (${version})`, () => {
      const result = read(JSON.stringify(document));
      assert.equal(result.openapi, version.slice(0, 3));
      assert.equal(result.title, 'Orders');
      assert.deepEqual(result.document, document);
      assert.deepEqual(
        result.operations.map(({ id, method, path }) => `${id} ${method} ${path}`),
        [
          'listOrders GET /orders',
          'post_orders POST /orders',
          'get_orders_id GET /orders/{id}',
          'delete_orders_id DELETE /orders/{id}',
        ],
      );
    });

    it(`means the same as YAML and as JSON (${version})`, () => {
      const meaning = (text: string): object => ({ ...read(text), json: JSON.parse(read(text).json) as Json });
      assert.deepEqual(meaning(stringify(document)), meaning(JSON.stringify(document)));
      assert.deepEqual(meaning(JSON.stringify(document, undefined, '\t')), meaning(JSON.stringify(document)));
    });
  }

  it('gives each operation its own security, or that of the document', () => {
    const [list, create] = read(JSON.stringify(completeDocument('3.1.1'))).operations;
    assert.deepEqual(list?.security, [{ key: [] }, { login: ['orders.read'] }]);
    assert.deepEqual(create?.security, []);
  });

  it('asks a token for the scopes of the first requirement that is for tokens, all of them', () => {
    const asks = (security: unknown): readonly string[] | undefined => {
      const oauth = { type: 'openIdConnect', openIdConnectUrl: 'https://example.com/.well-known/openid-configuration' };
      const document = {
        openapi: '3.1.0',
        info: { title: 'Scopes', version: '1' },
        paths: { '/orders': { get: { security, responses: { 200: { description: 'fine' } } } } },
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'bearer' },
            login: oauth,
            other: { $ref: '#/components/securitySchemes/login' },
          },
        },
      };
      return read(JSON.stringify(document)).operations[0]?.scopes;
    };
    assert.deepEqual(asks([{ login: ['read', 'write'] }]), ['read', 'write']);
    assert.deepEqual(asks([{ key: [] }, { login: ['read'], key: [] }, { login: ['admin'] }]), ['read']);
    assert.deepEqual(asks([{ login: ['read'], other: ['read', 'more'] }]), ['read', 'more']);
    assert.equal(asks([{ key: ['role'] }]), undefined);
    assert.equal(asks([{ login: [] }, { login: ['admin'] }]), undefined);
    assert.equal(asks([]), undefined);
  });

  it('keeps its given ids when a derived one would collide', () => {
    const operation = { responses: { 200: { description: 'fine' } } };
    const paths = {
      '/a-b': { get: operation },
      '/a/b': { get: operation },
      '/c': { get: { ...operation, operationId: 'get_a_b' } },
    };
    const result = read(JSON.stringify({ openapi: '3.1.0', info: { title: 't', version: '1' }, paths }));
    assert.deepEqual(
      result.operations.map(({ id }) => id),
      ['get_a_b_2', 'get_a_b_3', 'get_a_b'],
    );
  });

  it('may refer in circles through content', () => {
    const tree = {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
    };
    assert.deepEqual(
      messages({
        openapi: '3.1.0',
        info: { title: 't', version: '1' },
        paths: {},
        components: { schemas: { Tree: tree } },
      }),
      [],
    );
  });

  it('may keep whole path items under components', () => {
    const item = { get: { responses: { 200: { description: 'fine' } } } };
    const document = {
      openapi: '3.1.0',
      info: { title: 't', version: '1' },
      paths: { '/a': { $ref: '#/components/pathItems/A' } },
      components: { pathItems: { A: item } },
    };
    assert.deepEqual(read(JSON.stringify(document)).operations, [{ id: 'get_a', method: 'GET', path: '/a' }]);
  });
});

describe('a broken document', () => {
  for (const broken of brokenDocuments) {
    it(`is reported with its place and a way to correct it: ${broken.name}`, () => {
      const result = readOpenapi(broken.text);
      const [first] = result.report.items;
      assert.deepEqual(
        { line: first?.line, pointer: first?.pointer, message: first?.message, count: result.report.items.length },
        { line: broken.line, pointer: broken.pointer, message: broken.says, count: broken.count ?? 1 },
      );
      const costs = result.ok ? 'nothing' : 'document';
      assert.equal(costs, broken.costs ?? 'nothing');
    });
  }

  it('gets all its findings at once: errors first, then in the order of its lines', () => {
    const text =
      'openapi: 3.1.0\ninfo:\n  title: 5\npaths:\n  orders: {}\n  /a/{x}:\n    gett: {}\n    get: {responses: {"200": {}}}\n';
    const result = readOpenapi(text);
    assert.deepEqual(
      result.report.items.map(({ line, severity }) => `${severity} ${line}`),
      ['error 5', 'warning 2', 'warning 3', 'warning 7', 'warning 8', 'warning 8'],
    );
  });

  it('lists at most a hundred findings of a severity, and counts all', () => {
    const paths = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`p${index}`, {}]));
    const result = readOpenapi(JSON.stringify({ openapi: '3.1.0', info: { title: 't', version: '1' }, paths }));
    assert.equal(result.report.items.length, 100);
    assert.equal(result.report.errors, 250);
  });

  it('reports names that no usage report could show, and names the operation itself', () => {
    const operation = { operationId: 'x'.repeat(201), responses: { 200: { description: 'fine' } } };
    const paths = {
      [`/${'y'.repeat(1000)}`]: { get: operation },
      '/a': { get: { ...operation, operationId: 'a\u0007b' } },
    };
    assert.deepEqual(
      messages({ openapi: '3.1.0', info: { title: 't', version: '1' }, paths }).map((message) =>
        message.replaceAll(/"[^"]*"/g, '…'),
      ),
      [
        'The path … has 1,001 characters; at most 1,000 are taken. Shorten it.',
        'The operationId … has 201 characters; at most 200 are taken. Shorten it. The operation is named after its method and path instead.',
        'The operationId … has a control character in it. Remove it. The operation is named after its method and path instead.',
      ],
    );
  });

  it('in JSON has the same lines as in YAML would', () => {
    const text = JSON.stringify({ openapi: '3.1.0', info: { title: 't' }, paths: {} }, undefined, 2);
    const result = readOpenapi(text);
    assert.deepEqual(
      result.report.items.map(({ line, column, pointer }) => ({ line, column, pointer })),
      [{ line: 3, column: 3, pointer: '/info' }],
    );
  });
});

/** A change somewhere in a document: a part removed, replaced by something else, renamed, or doubled under a new name. */
function mutate(document: JsonObject, seed: readonly number[], replacement: Json): JsonObject {
  const copy = structuredClone(document) as Record<string, Json>;
  let holder: Record<string, Json> = copy;
  for (const [depth, n] of seed.entries()) {
    const keys = Object.keys(holder);
    const key = keys[n % Math.max(1, keys.length)];
    if (key === undefined) break;
    const child = holder[key];
    if (depth < seed.length - 1 && typeof child === 'object' && child !== null) {
      holder = child as Record<string, Json>;
      continue;
    }
    if (n % 3 === 0 && !Array.isArray(holder)) delete holder[key];
    else if (n % 3 === 1 || Array.isArray(holder)) holder[key] = replacement;
    else holder[`${key}x`] = replacement;
    break;
  }
  return copy;
}

const mutation = fc.tuple(
  fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }),
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('', '3.1.0', 'get', 'path', '#/components/schemas/Order', true, 0, -1, null, [], {}),
  ) as fc.Arbitrary<Json>,
);

/** Faults that the official JSON Schemas refuse and Tulou accepts on purpose. */
const takenOnPurpose =
  /must match format|"unevaluatedProperty":"bearerFormat"|HTTPSecurityScheme\/oneOf\/1\/not|"instancePath":"[^"]*\/links\/[^"]*\/parameters\//;

describe('reading', () => {
  it('never throws, whatever a valid document is changed into', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('3.0.3' as const, '3.1.1' as const),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (version, mutations, yaml) => {
          let document = completeDocument(version);
          for (const [seed, replacement] of mutations) document = mutate(document, seed, replacement);
          const result = readOpenapi(yaml ? stringify(document) : JSON.stringify(document));
          if (!result.ok) assert.ok(result.report.errors > 0);
          for (const { line, column, message } of result.report.items)
            assert.ok(
              ((line ?? 0) >= 1 && (column ?? 0) >= 1 && message.endsWith('.')) || message.endsWith('?'),
              message,
            );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws, wherever a text is cut or a character is changed', () => {
    const text = stringify(completeDocument('3.1.1'));
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(20),
        fc.constantFrom(
          '',
          ':',
          '{',
          '[',
          '"',
          "'",
          '\t',
          '- ',
          '&a ',
          '*a',
          '!x ',
          '\n',
          '\0',
          '\ud800',
          '|',
          '#',
          '<<: ',
        ),
        (at, length, put) => {
          readOpenapi(text.slice(0, at) + put + text.slice(at + length));
        },
      ),
      { numRuns: 150 },
    );
  });

  const official = new Validator();

  it('reports whatever the official JSON Schemas of OpenAPI refuse', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('3.0.3' as const, '3.1.1' as const),
        mutation,
        async (version, [seed, replacement]) => {
          const document = mutate(completeDocument(version), seed, replacement);
          const verdict = await official.validate(structuredClone(document) as Record<string, unknown>);
          if (verdict.valid) return;
          const why = JSON.stringify(verdict.errors);
          assert.ok(
            readOpenapi(JSON.stringify(document)).report.items.length > 0 || takenOnPurpose.test(why),
            why.slice(0, 2000),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes a thousand operations in YAML and JSON, well under five seconds', () => {
    const document = largeDocument(1000);
    for (const text of [stringify(document), JSON.stringify(document)]) {
      const before = process.cpuUsage();
      assert.equal(read(text).operations.length, 1000);
      const used = process.cpuUsage(before);
      assert.ok((used.user + used.system) / 1e6 < 5);
    }
  });

  it('is not slowed down by texts made to slow it down', () => {
    const hostile = [
      '['.repeat(200_000),
      '{a: '.repeat(50_000),
      '- '.repeat(200_000),
      '&a '.repeat(200_000),
      'a: &a 1\n'.repeat(30_000),
      `a: &a x\nb: [${'*a,'.repeat(50_000)}]`,
      '&a [*a]',
      `{"a":${'['.repeat(300)}${']'.repeat(300)}}`,
    ];
    for (const text of hostile) {
      const before = process.cpuUsage();
      assert.ok(!readOpenapi(text).ok);
      const used = process.cpuUsage(before);
      assert.ok((used.user + used.system) / 1e6 < 20, text.slice(0, 20));
    }
  });
});
