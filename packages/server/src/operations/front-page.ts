/** `GET /` of the platform's listener: a page for people, links for programs. */
import { acceptedLanguage, type Language } from '@tulou/contract';
import { html } from '../http/html.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';

export const links = {
  account: '/account',
  api: '/api/v1',
  openapi: '/api/v1/openapi.json',
  openid_configuration: '/.well-known/openid-configuration',
} as const;

const words: Readonly<Record<Language, Readonly<Record<'title' | 'lead' | keyof typeof links, string>>>> = {
  en: {
    title: 'Tulou platform',
    lead: 'This address serves the control API and sign-in. Calls to published APIs go to the gateway.',
    account: 'Your account',
    api: 'Control API (needs a token)',
    openapi: 'OpenAPI document of the control API',
    openid_configuration: 'OpenID Connect configuration',
  },
  'zh-CN': {
    title: 'Tulou 平台',
    lead: '此地址提供控制 API 和登录。对已发布 API 的调用请发往网关。',
    account: '您的账户',
    api: '控制 API（需要令牌）',
    openapi: '控制 API 的 OpenAPI 文档',
    openid_configuration: 'OpenID Connect 配置',
  },
};

/** HTML where `Accept` names it, as browsers do; else JSON. `gatewayUrl` is public. */
export function answerFrontPage(request: HttpRequest, gatewayUrl: string): HttpAnswer {
  const vary = { vary: 'accept, accept-language' };
  if (!/text\/html/i.test(request.header('accept') ?? '')) {
    const body = JSON.stringify({ name: 'tulou', gateway: gatewayUrl, links });
    return { status: 200, headers: { 'content-type': 'application/json', ...vary }, body };
  }
  const language = acceptedLanguage(request.header('accept-language'));
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-language': language, ...vary };
  return { status: 200, headers, body: pageIn(language, gatewayUrl) };
}

function pageIn(language: Language, gatewayUrl: string): string {
  const say = words[language];
  const items = Object.entries(links).map(
    ([name, path]) => html`<li><a href="${path}">${say[name as keyof typeof links]}</a></li>`,
  );
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>${say.title}</title>
      </head>
      <body>
        <main>
          <h1>${say.title}</h1>
          <p>${say.lead}</p>
          <p><code>${gatewayUrl}</code></p>
          <ul>
            ${items}
          </ul>
        </main>
      </body>
    </html> `.toString();
}
