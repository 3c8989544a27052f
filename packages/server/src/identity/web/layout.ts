/** The frame of each page, and what is made of it everywhere: fields, the list of what is wrong. */
import type { Locale } from '../people/users.ts';
import type { Brand } from './brand.ts';
import { html, type Html } from '../../http/html.ts';
import { passkeyScriptPath } from './passkey-script.ts';
import { words, type Words } from './words.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** By the field's id, or '' for the whole form. */
  readonly wrong?: Wrong;
  /** There is something on it for the script of passkeys. */
  readonly scripted?: boolean;
}

export type Wrong = Readonly<Record<string, string>>;

/** `query`: of the page's address, to be the same in the other language. */
export function renderPage(
  locale: Locale,
  { title, body, wrong = {}, scripted = false }: Page,
  brand: Brand,
  query: URLSearchParams = new URLSearchParams(),
): string {
  const told = words[locale];
  const other: Locale = locale === 'en' ? 'zh-CN' : 'en';
  const elsewhere = new URLSearchParams([...query].filter(([name]) => name !== 'lang'));
  elsewhere.append('lang', other);
  const isWrong = Object.keys(wrong).length > 0;
  return html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${isWrong ? `${told.error}: ` : ''}${title} · ${brand.name}</title>
        <link rel="stylesheet" href="${brand.stylePath}" />
        ${scripted ? html`<script src="${passkeyScriptPath}" defer></script>` : undefined}
      </head>
      <body>
        <header>
          <span class="mark">${brand.name}</span
          ><a href="?${elsewhere.toString()}" lang="${other}" hreflang="${other}">${told.otherLanguage}</a>
        </header>
        <main>
          <h1>${title}</h1>
          ${isWrong ? summary(told, wrong) : undefined} ${body}
        </main>
      </body>
    </html> `.toString();
}

function summary(told: Words, wrong: Wrong): Html {
  const lines = Object.entries(wrong).map(([field, text]) =>
    field === '' ? html`<li>${text}</li>` : html`<li><a href="#${field}">${text}</a></li>`,
  );
  return html`<div class="errors" role="alert" aria-labelledby="errors">
    <h2 id="errors">${told.mend}</h2>
    <ul>
      ${lines}
    </ul>
  </div>`;
}

export interface Field {
  /** Its id and its name in the form. */
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  readonly autocomplete: string;
  readonly value?: string;
  readonly hint?: string;
  readonly focused?: boolean;
  readonly readonly?: boolean;
  readonly inputmode?: 'numeric';
}

/** The first field that is wrong is where one begins; else the one that says so. */
export function field(given: Field, wrong: Wrong = {}): Html {
  const { name, label, type, autocomplete, value, hint, inputmode } = given;
  const fault = wrong[name];
  const [first] = Object.keys(wrong).filter((key) => key !== '');
  const focused = first === undefined ? given.focused === true : first === name;
  const notes = [fault === undefined ? '' : `${name}-wrong`, hint === undefined ? '' : `${name}-hint`].join(' ').trim();
  return html`<label for="${name}">${label}</label>
    ${fault === undefined ? undefined : html`<p class="fault" id="${name}-wrong">${fault}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      ${inputmode === undefined ? undefined : html`inputmode="${inputmode}"`}
      required
      maxlength="256"
      autocapitalize="none"
      spellcheck="false"
      value="${value ?? ''}"
      aria-invalid="${fault === undefined ? 'false' : 'true'}"
      ${
        notes === '' ? undefined : html` aria-describedby="${notes}"`
      }${focused ? html` autofocus` : undefined}${given.readonly === true ? html` readonly` : undefined}
    />
    ${hint === undefined ? undefined : html`<p class="hint" id="${name}-hint">${hint}</p>`}`;
}

/** A form to its own address, with the token that says it came from this page. */
export function form(token: string, body: Html): Html {
  return html`<form method="post" novalidate>
    <input type="hidden" name="form_token" value="${token}" />
    ${body}
  </form>`;
}
