import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOpenapi } from './read.ts';
import { vendorFaults } from './vendor-faults.ts';

describe('a fault of published documents does not stop the document', () => {
  for (const fault of vendorFaults) {
    it(fault.name, () => {
      const result = readOpenapi(fault.text);
      assert.ok(result.ok, JSON.stringify(result.report, undefined, 2));
      const { items, errors } = result.report;
      assert.deepEqual(
        result.operations.map(({ id }) => id),
        fault.operations,
      );
      assert.deepEqual(
        result.unpublished.map(({ method, path }) => `${method} ${path}`),
        fault.unpublished ?? [],
      );
      assert.equal(errors, fault.errors ?? 0);
      const messages = items.map(({ message }) => message);
      assert.equal(items.length, fault.says === null ? 0 : 1, messages.join('\n'));
      if (fault.says !== null) assert.ok(messages[0]?.includes(fault.says), messages.join('\n'));
    });
  }
});

describe('a document that says nothing certain is refused with one clear finding', () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['Swagger 2.0', 'swagger: "2.0"\ninfo: {title: a}\npaths: {/a: {get: 5}}\n', /Swagger 2.0 document.*Convert it/],
    [
      'two YAML documents',
      'openapi: 3.1.0\ninfo: {title: a, version: "1"}\npaths: {}\n---\nopenapi: 3.1.0\n',
      /more than one document/,
    ],
    [
      'path items in other files',
      'openapi: 3.1.0\ninfo: {title: a, version: "1"}\npaths:\n  /a: {$ref: a.yaml}\n  /b: {$ref: b.yaml}\n',
      /"a.yaml" leads out of this document, and 1 more references with it.*bundle it first/,
    ],
    ['a path twice', 'openapi: 3.1.0\ninfo: {title: a, version: "1"}\npaths:\n  /a: {}\n  /a: {}\n', /a second time/],
  ];
  for (const [name, text, says] of refused) {
    it(name, () => {
      const { ok, report } = readOpenapi(text);
      assert.equal(ok, false);
      assert.equal(report.items.filter(({ severity }) => severity === 'error').length, 1);
      assert.match(report.items[0]?.message ?? '', says);
    });
  }
});
