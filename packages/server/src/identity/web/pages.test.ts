import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as hold, property, string } from 'fast-check';
import { destinationOf } from '../requests/request.ts';
import { brandOf } from './brand.ts';
import { html } from '../../http/html.ts';
import { renderPage } from './layout.ts';
import { consentPage, signInPage } from './views.ts';
import { words } from './words.ts';

test('whatever is put into a template is text there, never markup', () => {
  hold(
    property(string({ unit: 'binary' }), (text) => {
      const rendered = html`<p title="${text}">${text}</p>`.toString();
      assert.deepEqual(rendered.match(/[<>"]/g), ['<', '"', '"', '>', '<', '>']);
    }),
  );
});

test('a template inside of a template is markup, once', () => {
  const items = ['a', '<'].map((text) => html`<li>${text}</li>`);
  assert.equal(
    html`<ul>
      ${items}
    </ul>`
      .toString()
      .replaceAll(/\s/g, ''),
    '<ul><li>a</li><li>&lt;</li></ul>',
  );
});

test('a hostile name of an app stays a name', () => {
  const page = signInPage({ told: words.en, formToken: 't' }, '<script>alert(1)</script>', '" autofocus onfocus="x');
  const text = renderPage('en', page, brandOf({ name: 'Tulou', accent: undefined }));
  assert.doesNotMatch(text, /<script/);
  assert.match(text, /value="&quot; autofocus onfocus=&quot;x"/);
});

test('what is asked for some data only says for which, as text', () => {
  const asked = [{ scope: 'acme/orders:read', title: 'Read orders', description: '', only: ['shop <17>', 'shop 18'] }];
  const given = {
    app: 'Till',
    developer: 'maker',
    tenant: 'shop',
    host: undefined,
    asked,
    withheld: { asked: [], decideAt: undefined, isAsked: false },
  };
  const page = consentPage(
    { told: words.en, formToken: 't' },
    { ...given, person: { name: 'Ann', email: 'a@b.test' } },
  );
  assert.match(page.body.toString(), /Only for: shop &lt;17&gt;, shop 18/);
});

test('forms may lead to the app and nowhere else, whatever kind of address it has', () => {
  for (const [uri, host, formTo] of [
    ['https://app.example.com/cb?x=1', 'app.example.com', ' https://app.example.com'],
    ['http://127.0.0.1:7777/cb', '127.0.0.1:7777', ' http://127.0.0.1:7777'],
    ['http://[::1]:7777/cb', '[::1]:7777', ' http:'],
    ['com.example.app:/cb', 'com.example.app:', ' com.example.app:'],
    [undefined, undefined, ''],
  ] as const)
    assert.deepEqual(destinationOf(uri), { host, formTo });
});
