import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl } from '../../test/control/fixture.ts';
import { links } from './front-page.ts';

let control: TestControl;
before(async () => void (control = await startTestControl()));
after(() => control.stop());

const open = (accept: string, language = 'en'): Promise<Response> =>
  fetch(`${control.url}/`, { headers: { accept, 'accept-language': language } });

test('a browser gets a page in its language, whose links lead somewhere', async () => {
  const page = await open('text/html,application/xhtml+xml,*/*;q=0.8', 'zh-CN,zh;q=0.9');
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  const text = await page.text();
  assert.match(text, /<html lang="zh-CN">[^]*Tulou 平台/);
  for (const path of Object.values(links)) assert.ok(text.includes(`href="${path}"`), path);
});

test('a program gets links as JSON', async () => {
  const answer = await open('*/*');
  const body = (await answer.json()) as { gateway: string; links: Record<string, string> };
  assert.deepEqual([body.gateway, body.links], ['http://gateway.test', links]);
});

test('every link is served', async () => {
  for (const path of [links.account, links.openapi, links.openid_configuration]) {
    const { status } = await fetch(`${control.url}${path}`, { redirect: 'manual' });
    assert.ok(status < 400, `${path}: ${status}`);
  }
});
