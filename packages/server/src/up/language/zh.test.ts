/** Every text that `tulou up` and `tulou doctor` may print has a Chinese translation, and each translation is of a text. */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { startLine } from '../../config.ts';
import { systemClock } from '../../kernel/clock.ts';
import { openDataDirectory } from '../data-directory.ts';
import { reserveAll } from '../ports.ts';
import { report } from '../doctor/report.ts';
import { failureText } from '../words.ts';
import { OperatorError } from '../../kernel/operator-error.ts';
import { inLanguage } from './translate.ts';
import { zh } from './zh.ts';

const source = join(import.meta.dirname, '..', '..');
const places = ['up/**/*.ts', 'store/prepare.ts', 'store/migrate.ts', 'store/embedded/*.ts', 'kernel/settings.ts'];
/** Commands with words of their own, and files that only programs or developers read. */
const others = /(?:\.test|\/language\/.*|\/archive|\/backup|\/restore|\/database|\/init|\/words|\/report)\.ts$/;
/** Reasons for transactions, lines of the log, and pieces of texts that the catalogue has as a whole. */
const unprinted = [
  'the user {0}, who runs PostgreSQL, cannot enter the data directory: its files are elsewhere',
  'Move the file away, or {0}.',
  'Free some space, or {0}.',
  'Mount it writable, or {0}.',
  'Give this user the right to write there, or {0}.',
  'The data directory {0} {1}.',
  '{0} {1}.',
  'Type `{0}`,',
  "or stop the other program (`ss -ltnp '{0}'` or `lsof -i :{1}` names it).",
  'two migrations have the number of {0}',
  '{0} is not named as a migration, NNNN_name.sql',
  'the database belongs to this master key',
  'was this database made with a master key',
  'a part of the platform hangs; it is ended',
  'a part of the platform ended by itself; starting it again',
  'it could not be started',
  'a PostgreSQL of an earlier run is still there; stopping it',
  'database system is ready to accept connections',
  'waiting for the database: {0}',
];

/** The literals of a source that are texts for people: each begins a sentence or is a phrase, and is no statement of SQL. */
async function textsOf(path: string): Promise<string[]> {
  const code = (await readFile(join(source, path), 'utf8')).replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|^import .*$/gm, '');
  const literals = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|(?<![\w>])`((?:[^`\\]|\\.)*)`/g)];
  return literals
    .map(
      ([, plain, template = '']) =>
        plain ?? template.replaceAll('\\`', '`').replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '{}'),
    )
    .map((text) => text.split('{}').reduce((key, part, i) => `${key}{${i - 1}}${part}`))
    .filter((text) =>
      /^(?:[A-Z`][^:]*|[a-z]+|\{0\})(?:,? [a-z`{].*)+[.;,:]$|^(?:it|the|this|there|process|others|not|nothing) /.test(
        text,
      ),
    );
}

test('every text has a translation', async () => {
  const missing: string[] = [];
  let count = 0;
  for await (const path of glob(places, { cwd: source })) {
    if (others.test(path)) continue;
    for (const text of await textsOf(path)) {
      count += 1;
      const printed = text.replaceAll(/\{\d\}/g, 'x7');
      if (!unprinted.includes(text) && inLanguage(printed, 'zh-CN') === printed) missing.push(`${path}: ${text}`);
    }
  }
  assert.ok(count > 100, String(count));
  assert.deepEqual(missing, []);
});

test('a translation keeps the values, the options and the settings that it names', () => {
  for (const [english, chinese] of Object.entries(zh)) {
    const parts = (text: string): string[] => (text.match(/\{\d\}|--[a-z-]+|`[^`]+`|TULOU_\w+/g) ?? []).toSorted();
    assert.deepEqual(parts(chinese), parts(english), english);
  }
});

test('values, joined sentences and lists of faults are translated in place', () => {
  const zhOf = (text: string): string => inLanguage(text, 'zh-CN');
  assert.equal(
    zhOf('The database tulou at db:5432 cannot be used: the password is wrong.'),
    '无法使用 db:5432 上的数据库 tulou：密码错误。',
  );
  assert.equal(
    zhOf('The role gateway ended before it could serve. Its log names the limit.'),
    '角色 gateway 在开始服务之前就结束了。上限见其日志。',
  );
  assert.equal(
    zhOf('the role tulou_tenant is missing\nthe table keys has no row-level security'),
    '缺少角色 tulou_tenant\n表 keys 没有行级安全',
  );
  assert.equal(zhOf('gateway: it does not answer; worker: paused'), 'gateway：没有响应; worker：paused');
});

test('the pieces of the longest messages make texts that the catalogue has', async () => {
  const at = { host: '127.0.0.1', port: 1 };
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const two = [
    { flag: '--gateway', address: { ...at, port } },
    { flag: '--platform', address: { ...at, port } },
  ];
  for (const wanted of [two, two.slice(1)]) {
    const refused = await reserveAll(wanted, startLine).catch((error: unknown) => error);
    assert.doesNotMatch(failureText(refused, 'zh-CN'), /taken|Type|stop/);
  }
  server.close();
  const under = join(import.meta.filename, 'data');
  const unusable = await openDataDirectory(under, false, systemClock).catch((error: unknown) => error);
  assert.match(failureText(unusable, 'zh-CN'), /上级路径是文件。\n {2}请移走该文件/);
});

test('any text comes out as something, at once', () => {
  fc.assert(
    fc.property(
      fc.string(),
      (text) => inLanguage(text, 'en') === text && typeof inLanguage(text, 'zh-CN') === 'string',
    ),
  );
});

test('the report and a failure are in the language of the operator', () => {
  const findings = [
    { check: 'clock', verdict: 'ok', detail: '2026-01-01 00:00 UTC' },
    { check: 'disk space', verdict: 'wrong', detail: '3 MB free', remedy: 'Ask again in a moment.' },
  ] as const;
  assert.equal(
    report(findings, 'zh-CN'),
    '正常  时钟      2026-01-01 00:00 UTC\n错误  磁盘空间  剩余 3 MB\n                → 请稍后再试。\n\n发现 1 个错误。\n',
  );
  assert.match(report(findings, 'en'), /^ok {7}clock {7}2026-01-01 00:00 UTC\nWRONG {4}disk space {2}3 MB free\n/);
  const error = new OperatorError('x', 'TULOU_DATABASE_URL is not set.', { remedy: 'For example: A=b' });
  assert.equal(failureText(error, 'zh-CN'), 'tulou: 未设置 TULOU_DATABASE_URL。\n  例如：A=b\n');
});
