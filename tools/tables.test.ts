import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readTree, type SourceFile } from './source.ts';
import { findTableViolations, type Owner } from './tables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const migration: SourceFile = {
  path: 'packages/server/src/store/migrations/0001_things.sql',
  text: 'create table things (id text);\ncreate table others (id text);\n',
};
const planes: readonly Owner[] = [
  { name: 'one', tables: ['things'], reads: [] },
  { name: 'two', tables: ['others'], reads: [] },
];

const findings = (path: string, text: string, given = planes): string[] =>
  findTableViolations([migration, { path: `packages/server/src/${path}`, text }], given)
    .filter((found) => found.path.endsWith(path))
    .map(({ message }) => message);

test('the tree has no statement that writes another’s table, and each table has one owner', () => {
  assert.deepEqual(findTableViolations(readTree(root)), []);
});

test('a statement that writes a table of another plane is found, whatever its kind', () => {
  for (const statement of ['insert into things values (1)', 'update things set id = 1', 'delete from things']) {
    assert.match(
      findings('two/x.ts', `await tx.sql\`${statement}\`;`).join(),
      /writes things, which one owns/,
      statement,
    );
    assert.deepEqual(findings('one/x.ts', `await tx.sql\`${statement}\`;`), []);
  }
});

test('a write inside a common table expression is found too', () => {
  const text = 'await sql`with gone as (delete from things returning id) select id from gone`;';
  assert.match(findings('two/x.ts', text).join(), /writes things/);
});

test('a read that no manifest declares is found, and a declared one is not', () => {
  const text = 'await tx.sql`select id from things join others using (id)`;';
  assert.deepEqual(findings('two/x.ts', text), ['reads things, which the manifest of two does not declare']);
  const [one, two] = planes;
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(findings('two/x.ts', text, [one, { ...two, reads: ['things'] }]), []);
});

test('a lock or an upsert is no write of a table called “of” or “set”', () => {
  const text =
    'await tx.sql`select id from others for update of others`; await tx.sql`insert into others values (1) on conflict do update set id = 2`;';
  assert.deepEqual(findings('two/x.ts', text), []);
});

test('a table without an owner, one with two, and an owner of no table are found', () => {
  const messages = findTableViolations(
    [migration],
    [
      { name: 'one', tables: ['things', 'gone'], reads: [] },
      { name: 'two', tables: ['things'], reads: [] },
    ],
  ).map(({ message }) => message);
  assert.ok(messages.includes('others has no owner: one plane or floor writes it'));
  assert.ok(messages.includes('things has the owners one and two: one plane or floor writes it'));
  assert.ok(messages.includes('gone is no table of the migrations'));
});
