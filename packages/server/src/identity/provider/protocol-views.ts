/** The pages of the protocol itself: from values to HTML, nothing else. */
import { html } from '../../http/html.ts';
import { field, type Page } from '../web/layout.ts';
import type { ProtocolWords } from './protocol-words.ts';

/** Where a form goes, and what says that it came from our page. */
export interface Target {
  readonly action: string;
  readonly xsrf: string;
}

export type CodeFault = 'wrong' | 'expired' | 'used' | 'aborted' | 'failed';

/** `error`: as RFC 6749 §4.1.2.1 names it; what is said of it is for developers, in English. */
export function errorPage({ error: say }: ProtocolWords, error: string, description: string): Page {
  const lead = error === 'server_error' || error === 'temporarily_unavailable' ? say.failed : say.app;
  const isStale = error === 'invalid_request' && /not found|expired|session/i.test(description);
  const body = html`<p>${isStale ? say.stale : lead}</p>
    <h2>${say.detail}</h2>
    <p class="soft"><code>${error}</code> ${description}</p>`;
  return { title: say.title, body };
}

export function codePage({ device: say }: ProtocolWords, to: Target, code: string, fault?: CodeFault): Page {
  const wrong = fault === undefined ? {} : fault === 'aborted' ? { '': say.aborted } : { user_code: say[fault] };
  const given = { name: 'user_code', label: say.code, type: 'text', autocomplete: 'off', focused: true } as const;
  const body = html`<p class="soft">${say.lead}</p>
    <form method="post" action="${to.action}" novalidate>
      <input type="hidden" name="xsrf" value="${to.xsrf}" />
      ${field({ ...given, value: code }, wrong)}
      <div class="actions"><button>${say.button}</button></div>
    </form>`;
  return { title: say.title, body, wrong };
}

export function confirmPage(
  { device: say }: ProtocolWords,
  to: Target,
  app: string,
  code: string,
  shown: string,
): Page {
  const body = html`<p>${say.confirm(app)}</p>
    <p class="code">${shown}</p>
    <p class="high">${say.warning}</p>
    <form method="post" action="${to.action}">
      <input type="hidden" name="xsrf" value="${to.xsrf}" />
      <input type="hidden" name="user_code" value="${code}" />
      <input type="hidden" name="confirm" value="yes" />
      <div class="actions">
        <button>${say.button}</button>
        <button class="quiet" name="abort" value="yes">${say.cancel}</button>
      </div>
    </form>`;
  return { title: say.confirmTitle, body };
}

export function logoutPage({ logout: say }: ProtocolWords, to: Target, app: string | undefined): Page {
  const body = html`<p>${app === undefined ? say.lead : say.leadFor(app)}</p>
    <form method="post" action="${to.action}">
      <input type="hidden" name="xsrf" value="${to.xsrf}" />
      <div class="actions">
        <button name="logout" value="yes">${say.button}</button>
        <button class="quiet">${say.stay}</button>
      </div>
    </form>`;
  return { title: say.title, body };
}
