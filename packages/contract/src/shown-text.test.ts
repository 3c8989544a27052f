import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPlainLine, isPlainText, plainLineOf } from './shown-text.ts';

const good = [
  'Acme',
  'Acme Corp. (EU)',
  '木',
  'Ünï e\u0301',
  'می\u200Cخواهم',
  'क्\u200Dष',
  '👨\u200D👩\u200D👧',
  '❤\uFE0F',
  '👩🏽\u200D🚀',
];

/** By what they would do to another’s name. */
const bad: Readonly<Record<string, string>> = {
  'turns the text around': 'A\u202Ecme',
  'isolates a part': 'A\u2066cme',
  'has no width': 'Ac\u200Bme',
  'joins what is not joined': 'Ac\u200Dme',
  'joins combining marks': 'Ac\u034Fme',
  'is a blank letter': 'Ac\u3164me',
  'is a blank braille pattern': 'Ac\u2800me',
  'is a soft hyphen': 'Ac\u00ADme',
  'is another space': 'Acme\u00A0Corp',
  'is a wide space': 'Acme\u3000Corp',
  'is two spaces': 'Acme  Corp',
  'breaks the line': 'Acme\nCorp',
  'is a control character': 'Acme\u0007',
  'is NUL': 'Acme\0',
  'is half a pair': 'Acme\ud800',
  'is for private use': 'Acme\ue000',
  'is unassigned': 'Acme\u0378',
  'is a tag': 'Acme\u{E0041}',
  'selects a variant of a digit': 'Acme 1\uFE0F',
};

test('names of every script are plain, with joiners where the script or the emoji has them', () => {
  for (const text of good) assert.ok(isPlainLine(text), JSON.stringify(text));
});

for (const [what, text] of Object.entries(bad)) {
  test(`a name is refused with a character that ${what}`, () => assert.equal(isPlainLine(text), false));
}

test('text of several lines has line breaks and tabs, and is as plain otherwise', () => {
  assert.ok(isPlainText('One\n\ttwo  three\r\n'));
  for (const text of ['a\u202Eb', 'a\u200Bb', 'a\0b', 'a\ud800', 'a\u2028b']) assert.equal(isPlainText(text), false);
});

test('what is made plain is plain', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => isPlainLine(plainLineOf(text))),
    { numRuns: 1000 },
  );
  assert.equal(plainLineOf(' A\u202Ecme \u3000 Corp\0 '), 'Acme Corp');
});
