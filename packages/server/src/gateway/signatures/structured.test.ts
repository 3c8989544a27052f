import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readDictionary } from './structured.ts';

const listIn = (text: string) => {
  const member = readDictionary(text)?.get('sig');
  return member !== undefined && 'text' in member ? member.text : undefined;
};

describe('a structured field', () => {
  for (const [sent, canonical] of [
    ['sig=("@method" "@path");created=1;keyid="a"', '("@method" "@path");created=1;keyid="a"'],
    ['  sig=(  "@method"   "@path" );  created=1; keyid="a"  ', '("@method" "@path");created=1;keyid="a"'],
    ['sig=();tag', '();tag'],
    ['sig=();tag=?1', '();tag'],
    ['sig=();tag=?0', '();tag=?0'],
    ['sig=("a";sf;key="b");created=-12', '("a";sf;key="b");created=-12'],
    ['sig=("say \\"a\\\\b\\"")', '("say \\"a\\\\b\\"")'],
    ['other, sig=();a=token/*;b=:YQ==:,\tlast=1', '();a=token/*;b=:YQ==:'],
  ] as const) {
    it(`is read from ${sent}`, () => assert.equal(listIn(sent), canonical));
  }

  for (const text of [
    'sig=("a"',
    'sig=("a""b")',
    'sig=(a)',
    'sig=(1)',
    'sig=("a"),',
    'sig=("a") x=1',
    'sig=("a"),sig=("a")',
    'sig=("a");k=1;k=2',
    'sig=("ä")',
    'sig=("a\nb")',
    'sig=();created=1.5',
    'sig=();created=1234567890123456',
    'sig=();b=:YQ:',
    'sig=();b=:YR==:',
    'Sig=()',
    '=()',
    'sig=',
    ',sig=()',
    'sig=();created=@1',
  ]) {
    it(`is none: ${JSON.stringify(text)}`, () => assert.equal(readDictionary(text), undefined));
  }

  it('never throws, and what it read it reads again as the same', () => {
    const pieces = fc.constantFrom(
      'sig',
      '=',
      '(',
      ')',
      '"a"',
      ' ',
      ';',
      ',',
      'x',
      '1',
      ':YQ==:',
      '?1',
      '"',
      '\\',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (text) => {
          for (const [label, member] of readDictionary(text) ?? []) {
            if (!('text' in member)) continue;
            const again = readDictionary(`${label}=${member.text}`)?.get(label);
            assert.deepEqual(again, member);
          }
        },
      ),
    );
  });
});
