import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { quote, workerdConfig } from './workerd-config.ts';

/** A text of Cap'n Proto's schema language, as its compiler reads it. */
function unquote(literal: string): string {
  const [, inside = assert.fail(literal)] = /^"((?:[^"\\\n]|\\x[0-9a-f]{2})*)"$/.exec(literal) ?? [];
  const bytes = inside.replaceAll(/\\x([0-9a-f]{2})|[^\\]/gu, (part, hex?: string) =>
    hex === undefined ? Buffer.from(part).toString('latin1') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

describe('the configuration of workerd', () => {
  test('no value can end its text', () => {
    const anyText = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
    fc.assert(fc.property(anyText, (text) => assert.equal(unquote(quote(text)), text)));
  });

  test('the entry is the first module, others keep their paths and have the type of their ending', () => {
    const files = ['a.wasm', 'lib/b.js', 'main.mjs', 'page.html', 'raw'];
    const text = workerdConfig({ files, entry: 'main.mjs', variables: { A: '")' }, heapMb: 64 });
    const modules = [...text.matchAll(/\(name = "([^"]+)", (\w+) = embed "([^"]+)"\)/g)].map((m) =>
      m.slice(1).join(' '),
    );
    assert.deepEqual(modules, [
      'main.mjs esModule app/main.mjs',
      'a.wasm wasm app/a.wasm',
      'lib/b.js esModule app/lib/b.js',
      'page.html text app/page.html',
      'raw data app/raw',
    ]);
    assert.match(text, /network = \(allow = \[\]\)/, 'no address may be fetched');
    assert.match(text, /--max-heap-size=64/);
  });
});
