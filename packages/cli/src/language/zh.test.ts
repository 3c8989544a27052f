/** Every text of the command line has a Chinese translation, and every translation belongs to a text. */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStage } from '../../test/stage.ts';
import { exitCodes } from '../exit.ts';
import { commands } from '../main.ts';
import type { Node } from '../command.ts';
import { fieldsOf } from '../operations/fields.ts';
import { allOperations, paramsOf } from '../operations/registry.ts';
import { descriptionOf, schemaOf } from '../schema.ts';
import { keyOf } from './say.ts';
import { zh } from './zh.ts';

const root = join(import.meta.dirname, '..');
const dictionaries = /(?:^|\/)(?:words-zh|deploy-zh|fields-zh|manifest-zh|zh|say)\.ts$/;

async function sources(): Promise<string[]> {
  const texts: string[] = [];
  for await (const path of glob('**/*.ts', { cwd: root })) {
    if (!path.endsWith('.test.ts') && !dictionaries.test(path)) texts.push(await readFile(join(root, path), 'utf8'));
  }
  return texts;
}

/** The key of each `say` template of a source. Values contain no backtick and no unbalanced brace. */
function templatesIn(source: string): string[] {
  return [...source.matchAll(/\bsay`((?:[^`\\]|\\.)*)`/g)].map(([, template = '']) =>
    keyOf(template.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)).replaceAll('\\n', '\n'),
  );
}

/** String literals that are sentences or phrases for people. */
function phrasesIn(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|^import .*$/gm, '');
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'/g)]
    .map(([, text = '']) => text)
    .filter((text) => /^["1A-Z`][^:]*[a-z:].* /.test(text) && !/^[A-Z_a-z]+$/.test(text));
}

/** Reports to programs and texts that only developers see. */
const untranslated = [
  'a file never deletes a tenant',
  'The file is empty. It must contain `tenants:`.',
  'Path of an OpenAPI document, relative to this file; or the document itself',
  'DELETE',
];

function textsOf(node: Node): string[] {
  const own = [node.summary, node.section, ...(node.notes ?? [])];
  const inner =
    node.kind === 'group' ? Object.values(node.commands).flatMap(textsOf) : node.options.map((one) => one.summary);
  return [...own, ...inner].filter((text) => typeof text === 'string' && text !== '') as string[];
}

const isApiPath = (text: string): boolean => /^(?:GET|POST|PATCH|PUT|DELETE) \//.test(text);

test('every message, option and field has a translation', async () => {
  const all = await sources();
  const fields = allOperations.flatMap(({ query, body }) =>
    [query, ...(body === undefined ? [] : [body])].flatMap((schema) =>
      fieldsOf(schemaOf(schema, 'input')).map(
        (field) => descriptionOf(field.schema) || descriptionOf(field.shape.schema),
      ),
    ),
  );
  const texts = [
    ...all.flatMap(templatesIn),
    ...all.flatMap(phrasesIn),
    ...textsOf(commands).filter((text) => !isApiPath(text)),
    ...Object.values(exitCodes).map(([, meaning]) => meaning),
    ...fields.filter((text) => text !== ''),
  ];
  assert.ok(texts.length > 300);
  const missing = [...new Set(texts)].filter((text) => !(text in zh) && !untranslated.includes(text));
  assert.deepEqual(missing, []);
  const known = new Set([...texts, ...allOperations.flatMap(paramsOf)]);
  const isUsed = (text: string): boolean =>
    known.has(text) ||
    /^[A-Z ]+$/.test(text) ||
    all.some((source) => source.includes(`'${text}'`) || source.includes(`  ${text}: `));
  assert.deepEqual(
    Object.keys(zh).filter((text) => !isUsed(text)),
    [],
    'translations of texts that are gone',
  );
});

test('a translation keeps the values, and the options that it names', () => {
  for (const [english, chinese] of Object.entries(zh)) {
    const parts = (text: string): string[] => (text.match(/\{\d\}|--[a-z-]+|`[^`]+`|TULOU_\w+/g) ?? []).toSorted();
    assert.deepEqual(parts(chinese), parts(english), english);
  }
});

test('the command answers in the language of the environment, in the order of POSIX', async () => {
  await using stage = await openStage();
  for (const [env, isChinese] of [
    [{ LANG: 'zh_CN.UTF-8' }, true],
    [{ LC_MESSAGES: 'zh_CN.UTF-8', LANG: 'en_US.UTF-8' }, true],
    [{ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, false],
    [{ TULOU_LANG: 'zh', LC_ALL: 'C' }, true],
    [{ LANG: 'de_DE.UTF-8' }, false],
    [{}, false],
  ] as const) {
    const help = await stage.tulou(['apis', 'create', '--help'], { env });
    const wrong = await stage.tulou(['aips'], { env });
    const name = JSON.stringify(env);
    assert.equal(/用法：/.test(help.out), isChinese, name);
    assert.equal(/创建 API/.test(help.out), isChinese, name);
    assert.equal(/“aips”不是命令。 您是不是要输入“apis”？/.test(wrong.err), isChinese, name);
  }
});

test('Chinese help fits the terminal, and asks the platform for Chinese', async () => {
  await using stage = await openStage({ LANG: 'zh_CN.UTF-8', TULOU_URL: 'http://127.0.0.1:1' });
  const asked: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = (_url, init) => {
    asked.push(new Headers(init?.headers).get('accept-language'));
    return Promise.resolve(Response.json({ items: [{ slug: 'a', name: 'A' }], next: 'x' }));
  };
  const ran = await stage.tulou(['tenants', 'list'], { fetch });
  assert.deepEqual(asked, ['zh-CN']);
  assert.match(ran.out, /^标识 {2}名称\n/);
  assert.match(ran.err, /还有更多：请添加 --all/);
});
