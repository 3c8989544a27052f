import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors, errorWords, problemBody, type ErrorCode } from './errors.ts';

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

test('a quota is not a rate: its status does not invite a client to retry', () => {
  assert.equal(errors.quota_exceeded.status, 409);
});
