import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImportViolations, laws, layers } from './imports.ts';

/** A file at every path that a law names, so that only the seeded breach can be found. */
const ground = [
  ...laws.flatMap((law) => [...law.from, ...(law.except ?? [])]),
  ...layers.flat().map((folder) => `packages/server/src/${folder}/`),
].map((prefix) => ({ path: prefix.endsWith('/') ? `${prefix}ground.ts` : prefix, text: 'export const ground = 1;\n' }));

function messagesFor(path: string, text: string): string[] {
  const files = [...ground.filter((file) => file.path !== path), { path, text }];
  return findImportViolations(files).map((violation) => `${violation.path}:${violation.line} ${violation.message}`);
}

test('a tree without a breach passes', () => {
  assert.deepEqual(findImportViolations(ground), []);
});

const src = 'packages/server/src';
const breaches: readonly (readonly [path: string, text: string, expected: RegExp])[] = [
  [`${src}/gateway/a.ts`, "import { openStore } from '../store/store.ts';", /must outlive the database/],
  [`${src}/gateway/a.ts`, "import type { Store } from '../store/store.ts';", /must outlive the database/],
  [`${src}/gateway/a.ts`, "const { x } = await import('../store/store.ts');", /must outlive the database/],
  [`${src}/gateway/a.ts`, "type S = import('../store/store.ts').Store;", /must outlive the database/],
  [`${src}/gateway/a.test.ts`, "import { openStore } from '../store/store.ts';", /must outlive the database/],
  [`${src}/publishing/a.ts`, "import { x } from '../gateway/a.ts';", /planes meet in PostgreSQL/],
  [`${src}/usage/a.ts`, "import { x } from '../publishing/apis/create.ts';", /planes meet in PostgreSQL/],
  [`${src}/kernel/a.ts`, "import { x } from '../tenancy/scope.ts';", /imports go down only/],
  [`${src}/store/a.ts`, "import { x } from '../http/body.ts';", /imports go down only/],
  [`${src}/http/a.ts`, "import { x } from '../config.ts';", /wiring and configuration lie above/],
  [`${src}/publishing/a.ts`, "import { x } from '../../test/harness.ts';", /must not reach a test/],
  [`${src}/attic/a.ts`, "import { x } from '../kernel/clock.ts';", /attic\/ has no layer/],
  [`${src}/publishing/a.ts`, "import { x } from '../../../contract/src/ids.ts';", /a package is imported by its name/],
  [`${src}/publishing/a.ts`, "import postgres from 'postgres';", /a query with no tenant set/],
  [`${src}/publishing/a.ts`, 'const url = process.env.TULOU_DATABASE_URL;', /configuration is read in one place/],
  [`${src}/publishing/a.ts`, "import { env } from 'node:process';", /configuration is read in one place/],
  [`${src}/publishing/a.ts`, 'const now = Date.now();', /time and chance/],
  [`${src}/publishing/a.ts`, 'const now = new Date();', /time and chance/],
  [`${src}/publishing/a.ts`, 'const now = Date();', /time and chance/],
  [`${src}/gateway/a.ts`, 'const now = performance.now();', /time and chance/],
  [`${src}/gateway/a.ts`, 'setTimeout(() => undefined, 5);', /time and chance/],
  [`${src}/gateway/a.ts`, 'globalThis.setInterval(() => undefined, 5);', /time and chance/],
  [`${src}/gateway/a.ts`, "import { setTimeout as wait } from 'node:timers/promises';", /time and chance/],
  [`${src}/gateway/a.ts`, 'const die = Math.random();', /time and chance/],
  [`${src}/publishing/a.ts`, "import { randomBytes } from 'node:crypto';", /chance is an argument/],
  [`${src}/publishing/a.ts`, "import * as c from 'node:crypto'; c.randomUUID();", /chance is an argument/],
  [`${src}/http/a.ts`, 'const rows = await tx.sql`select 1`;', /SQL stands under store/],
  [`${src}/publishing/a.ts`, 'await tx.sql.unsafe(text);', /an injection waiting to happen/],
  [`${src}/publishing/a.ts`, 'await sql.unsafe(`set x = ${y}`);', /an injection waiting to happen/],
  [`${src}/publishing/a.ts`, "import { unsafe_mintScope } from '../tenancy/scope.ts';", /one of the four doors/],
  ['packages/server/test/a.ts', 'scope.unsafe_mintScope();', /one of the four doors/],
  [
    `${src}/publishing/a.ts`,
    "import { fromIdentity } from '../tenancy/doors.ts';",
    /this door is for the identity server/,
  ],
  [`${src}/identity/a.ts`, "await store.system('a reason', work);", /in the table of system-wide\.ts/],
  [
    `${src}/identity/a.ts`,
    "await deps.store.lane('bulk').system('a reason', work);",
    /in the table of system-wide\.ts/,
  ],
  [`${src}/identity/a.ts`, "import { crossTenants } from '../store/store.ts';", /in the table of system-wide\.ts/],
  [`${src}/publishing/a.ts`, "import { spawn } from 'node:child_process';", /know how to end them/],
  ['packages/contract/src/a.ts', "import { hash } from 'node:crypto';", /contract is pure/],
  ['packages/contract/src/a.ts', "import { x } from '@tulou/server';", /contract is pure/],
  ['packages/contract/src/a.ts', 'export const b = Buffer.from([]);', /contract is pure/],
  ['packages/openapi/src/a.ts', "import { readFile } from 'node:fs/promises';", /openapi is pure/],
  ['packages/openapi/src/a.ts', "import { x } from '@tulou/server';", /openapi is pure/],
  ['packages/cli/src/a.ts', "import { x } from '../../server/src/main.ts';", /speaks only the contract/],
  ['examples/orders/a.ts', "import { x } from '../../packages/server/src/main.ts';", /no path into our sources/],
  [`${src}/publishing/a.ts`, "export * from './b.ts';", /only the entry of a package/],
  [`${src}/publishing/a.ts`, "export { b } from './b.ts';", /only the entry of a package/],
  [`${src}/publishing/utils/a.ts`, 'export const a = 1;', /a folder called utils\/ says nothing/],
];

for (const [path, text, expected] of breaches) {
  test(`refused in ${path}: ${text}`, () => {
    const messages = messagesFor(path, text);
    assert.equal(messages.length > 0, true, 'the breach was not found');
    assert.match(messages.join('\n'), expected);
  });
}

const lawful: readonly (readonly [path: string, text: string])[] = [
  [`${src}/publishing/a.ts`, "import { openStore } from '../store/store.ts';"],
  [`${src}/publishing/a.ts`, "import { limits } from '@tulou/contract';"],
  [`${src}/publishing/a.ts`, 'const rows = await tx.sql`select 1`;'],
  [`${src}/publishing/a.ts`, "await tx.sql.unsafe('set local role tulou_system');"],
  [`${src}/publishing/a.test.ts`, "import { work } from '../store/job.ts';"],
  ['packages/cli/test/a.test.ts', "import { open } from '../../server/test/harness.ts';"],
  [`${src}/publishing/a.ts`, 'const then = new Date(clock.now());'],
  [`${src}/gateway/a.ts`, 'socket.setTimeout(timeoutMs); const o = { setTimeout: 1 };'],
  [`${src}/gateway/a.test.ts`, "import { harness } from '../../test/harness.ts'; setTimeout(() => undefined, 1);"],
  [`${src}/main.ts`, "import { startGateway } from './gateway/gateway.ts'; import { c } from './config.ts';"],
  [`${src}/publishing/a.ts`, '// Date.now() is not for here\nconst text = "process.env";'],
];

for (const [path, text] of lawful) {
  test(`allowed in ${path}: ${text}`, () => {
    assert.deepEqual(messagesFor(path, text), []);
  });
}

test('a law that names a path which is gone fails', () => {
  const [lost] = laws.flatMap((law) => law.except ?? []);
  const files = ground.filter(({ path }) => !path.startsWith(String(lost)));
  assert.match(
    findImportViolations(files)
      .map(({ message }) => message)
      .join('\n'),
    /which is not there any more/,
  );
});

test('the finding names file and line', () => {
  const [message] = messagesFor(`${src}/gateway/a.ts`, '\n\nconst now = Date.now();\n');
  assert.match(String(message), /^packages\/server\/src\/gateway\/a\.ts:3 /);
});
