import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as hold, integer, property } from 'fast-check';
import { accentsOf, brandOf, contrast } from './brand.ts';
import { style } from './style.ts';

test('whatever colour a tenant chooses, text in it and on it can be read, on light and on dark ground', () => {
  hold(
    property(integer({ min: 0, max: 0xffffff }), (number) => {
      const { light, dark } = accentsOf(`#${number.toString(16).padStart(6, '0')}`);
      for (const [one, other] of [
        [light, '#f4f1ec'],
        [light, '#fffefb'],
        [light, '#ffffff'],
        [dark, '#231f1c'],
        [dark, '#191614'],
      ] as const)
        assert.ok(contrast(one, other) >= 4.5, `${one} on ${other}`);
    }),
  );
});

test('a colour that can be read stays as it is', () => {
  assert.equal(accentsOf('#1a4fa0').light, '#1a4fa0');
  assert.equal(accentsOf('#8ab4f8').dark, '#8ab4f8');
});

test('the grounds that colours are held against are those of the stylesheet', () => {
  for (const ground of ['--ground: #f4f1ec', '--card: #fffefb', '--ground: #191614', '--card: #231f1c'])
    assert.ok(style.includes(ground), ground);
});

test('another colour is another stylesheet at another address; without one it is the common one', () => {
  const [plain, red] = [undefined, '#aa0000'].map((accent) => brandOf({ name: 'Shop', accent }));
  assert.equal(plain?.style, style);
  assert.notEqual(plain.stylePath, red?.stylePath);
  assert.ok(red?.style.includes('--accent: #aa0000'));
});
