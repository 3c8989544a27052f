/** A request for a page, as pages see it, and the ways to answer it. */
import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../../http/body.ts';
import { clientOf } from '../../http/trusted-proxies.ts';
import { equalHashes } from '../../kernel/hash.ts';
import type { Random } from '../../kernel/random.ts';
import type { Issuer } from '../issuers/issuer.ts';
import type { Locale } from '../people/users.ts';
import { brandOf } from './brand.ts';
import { html } from '../../http/html.ts';
import { pageHeaders } from './headers.ts';
import { languageOf } from './language.ts';
import { renderPage, type Page } from './layout.ts';
import { words, type Words } from './words.ts';

export interface Visit {
  /** The issuer of these pages; people are looked up among its own. */
  readonly issuer: Issuer;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly locale: Locale;
  readonly told: Words;
  /** To put into each form; a form without it is not taken. */
  readonly formToken: string;
  /** The address of the peer. */
  readonly address: string;
  readonly requestId: string;
  cookie(name: string): string | undefined;
  /** For this site only, not for scripts. `seconds` 0 removes it. */
  setCookie(name: string, value: string, path: string, seconds: number): void;
}

export interface VisitDeps {
  readonly issuer: Issuer;
  readonly random: Random;
  /** Signs form tokens. */
  readonly formKey: Uint8Array;
}

const formBytesMax = 16 * 1024;

/** Begins an answer: may set the cookies that forms and the choice of language need. */
export function openVisit(message: IncomingMessage, response: ServerResponse, deps: VisitDeps): Visit {
  const [path = '', query = ''] = (message.url ?? '').split('?', 2);
  const secure = deps.issuer.issuer.startsWith('https:');
  const cookies = cookiesOf(message.headers.cookie);
  const nameOf = (name: string, at: string): string =>
    secure ? `${at === '/' ? '__Host-' : '__Secure-'}tulou_${name}` : `tulou_${name}`;
  const parameters = parametersIn(query);
  const setCookie: Visit['setCookie'] = (name, value, at, seconds) => {
    const attributes = `Path=${at}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
    response.appendHeader('set-cookie', `${nameOf(name, at)}=${value}; ${attributes}`);
  };
  const cookie: Visit['cookie'] = (name) =>
    cookies.get(nameOf(name, '/')) ?? (secure ? cookies.get(`__Secure-tulou_${name}`) : undefined);
  const language = languageOf(message, deps.issuer.issuer);
  if (language.cookie !== undefined) response.appendHeader('set-cookie', language.cookie);
  const { locale } = language;
  const seed = seedOf(cookie('form')) ?? Buffer.from(deps.random.bytes(24)).toString('base64url');
  if (seed !== cookie('form')) setCookie('form', seed, '/', 24 * 3600);
  return {
    issuer: deps.issuer,
    message,
    response,
    path,
    query: parameters,
    locale,
    told: words[locale],
    formToken: createHmac('sha256', deps.formKey).update(`${deps.issuer.issuer} ${seed} ${path}`).digest('base64url'),
    address: clientOf(message).address,
    requestId: String(response.getHeader('tulou-request-id') ?? ''),
    cookie,
    setCookie,
  };
}

const seedOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\w-]{32}$/.test(text) ? text : undefined;

function cookiesOf(line = ''): ReadonlyMap<string, string> {
  const pairs = line.split(';').map((pair) => pair.trim());
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const));
}

/** No one types a null character, and PostgreSQL can't store one in a text: such a field is omitted. */
const parametersIn = (text: string): URLSearchParams =>
  new URLSearchParams([...new URLSearchParams(text)].filter(([, value]) => !value.includes('\0')));

const formType = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** The fields of a form that came from a page of ours in this browser; undefined: it did not. */
export async function readForm({ message, formToken }: Visit): Promise<ReadonlyMap<string, string> | undefined> {
  const site = message.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return undefined;
  if (!formType.test(message.headers['content-type'] ?? '')) return undefined;
  const body = await readBody(message, formBytesMax);
  const fields = new Map(parametersIn(body.toString('utf8')));
  return equalHashes(fields.get('form_token') ?? '', formToken) ? fields : undefined;
}

/** Says that a form was not taken. */
export function refuseForm(visit: Visit): void {
  const { form, formLead } = visit.told.problem;
  // The rest of it is not read.
  visit.response.setHeader('connection', 'close');
  sendPage(visit, 403, { title: form, body: html`<p>${formLead}</p>` });
}

/** The page of all addresses where there is nothing, for the visitor at least. */
export function sendMissing(visit: Visit): void {
  const { missing, missingLead } = visit.told.problem;
  sendPage(visit, 404, { title: missing, body: html`<p>${missingLead}</p>` });
}

/**
 * Sends a page. `formTo`: where, besides ourselves, its forms may lead, for browsers hold the redirects that follow a form
 * against `form-action` too.
 */
export function sendPage(
  { response, message, locale, issuer, query }: Visit,
  status: number,
  page: Page,
  formTo = '',
): void {
  const body = renderPage(locale, page, brandOf(issuer), query);
  response.writeHead(status, {
    ...pageHeaders(locale, { formTo, scripted: page.scripted === true }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(message.method === 'HEAD' ? undefined : body);
}

/** Sends the browser there, with GET. */
export function sendOn({ response }: Visit, path: string): void {
  response.writeHead(303, { location: path, 'content-length': 0 }).end();
}
