/** A request of a browser that was refused before work, as a page: a person cannot read a problem document. */
import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../../http/message.ts';
import type { Issuer } from '../issuers/issuer.ts';
import { brandOf } from './brand.ts';
import { pageHeaders } from './headers.ts';
import { html } from '../../http/html.ts';
import { languageOf } from './language.ts';
import { renderPage } from './layout.ts';
import { words } from './words.ts';

/** Endpoints of the protocol that a browser opens for a person. */
const opened: ReadonlySet<string> = new Set(['/oauth2/authorize', '/oauth2/device', '/oauth2/logout']);

/** Whether a browser shows the answer to a person. */
export const isShown = (path: string, accept = ''): boolean =>
  /text\/html/i.test(accept) &&
  (opened.has(path) || path.startsWith('/oauth2/interaction/') || path === '/account' || path.startsWith('/account/'));

/** The page for a 429 or 503, with the fields of `problem`. */
export function refusedPage(message: IncomingMessage, issuer: Issuer, problem: HttpAnswer): HttpAnswer {
  const { locale } = languageOf(message, issuer.issuer);
  const told = words[locale].problem;
  const seconds = Number(problem.headers?.['retry-after'] ?? 1);
  const [title, lead] =
    problem.status === 429 ? [told.tooMany, told.tooManyLead(seconds)] : [told.busy, told.busyLead(seconds)];
  const [, query = ''] = (message.url ?? '').split('?', 2);
  const page = { title, body: html`<p>${lead}</p>` };
  const headers = { ...problem.headers, ...pageHeaders(locale, { formTo: '', scripted: false }) };
  return { ...problem, headers, body: renderPage(locale, page, brandOf(issuer), new URLSearchParams(query)) };
}
