import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors, type ErrorCode } from './errors.ts';
import { errorWords, problemBody } from './problem.ts';

const codes = Object.keys(errors) as ErrorCode[];

test('titles are short phrases, remedies are sentences, in both languages', () => {
  for (const code of codes) {
    const { title, help } = errors[code];
    assert.match(title, /^[A-Z][^.;:]{3,40}$/, code);
    assert.match(help, /^[A-Z].*\.$/, code);
    const chinese = errorWords(code, 'zh-CN');
    assert.match(chinese.title, /[\u4e00-\u9fff]/, code);
    assert.match(chinese.help, /[\u4e00-\u9fff].*。$/, code);
  }
});

test('a translated remedy names the same fields, codes and specifications as the original', () => {
  const terms = (text: string): string[] => (text.match(/`[^`]+`|RFC \d+|docs\/[\w/.-]+\.md/g) ?? []).toSorted();
  for (const code of codes) assert.deepEqual(terms(errorWords(code, 'zh-CN').help), terms(errors[code].help), code);
});

test('the language changes title and help, and nothing that a program reads', () => {
  const english = problemBody('not_found', 'x', [{ pointer: '/a', message: 'm' }]);
  const chinese = problemBody('not_found', 'x', [{ pointer: '/a', message: 'm' }], 'zh-CN');
  assert.deepEqual({ ...chinese, title: english.title, help: english.help }, english);
  assert.equal(chinese.title, '未找到');
});

test('a detail is translated with its values; an unknown one stays as it is', () => {
  const detail = (text: string) => problemBody('conflict', text, undefined, 'zh-CN').detail;
  assert.equal(detail('There is an API `orders` already.'), 'API `orders` 已存在。');
  assert.equal(
    detail('The operation needs acme/orders:read. An admin of the tenant can grant it at https://a.example/x?y=1'),
    '此操作需要 acme/orders:read。租户管理员可在 https://a.example/x?y=1 授予',
  );
  assert.equal(
    detail('3 apps subscribe to this API. Deprecate and retire the version first.'),
    '有 3 个应用订阅此 API。请先弃用并下线该版本。',
  );
  assert.equal(detail('toString'), 'toString');
  assert.equal(detail('Something new.'), 'Something new.');
  assert.equal(problemBody('conflict', 'the slug is taken').detail, 'the slug is taken');
});

test('a quota is not a rate: its status does not invite a client to retry', () => {
  assert.equal(errors.quota_exceeded.status, 409);
});
