/** The pages themselves: from values to HTML, nothing else. */
import type { Invitation } from '../people/invitations.ts';
import { passwordCharactersMin } from '../people/password.ts';
import { html, type Html } from '../../http/html.ts';
import { field, form, type Page, type Wrong } from './layout.ts';
import type { Words } from './words.ts';

/** The values that every page with a form gets. */
export interface Frame {
  readonly told: Words;
  readonly formToken: string;
  readonly wrong?: Wrong;
}

/** `ways`: what there is besides an address and a password. */
export function signInPage({ told, formToken, wrong = {} }: Frame, app: string, email: string, ways?: Html): Page {
  const say = told.signIn;
  const name = field(
    { name: 'email', label: say.email, type: 'email', autocomplete: 'username', value: email, focused: email === '' },
    wrong,
  );
  const secret = { name: 'password', label: say.password, type: 'password', autocomplete: 'current-password' } as const;
  const body = html`<p class="soft">${say.lead(app)}</p>
    ${form(
      formToken,
      html`${name} ${field({ ...secret, focused: email !== '' }, wrong)}
        <div class="actions">
          <button name="do" value="sign-in">${say.button}</button>
          <button class="quiet" name="do" value="deny">${say.cancel}</button>
        </div>`,
    )}
    ${ways}`;
  return { title: say.title, body, wrong };
}

/** A right that is asked for, in the reader's language. */
export interface Asked {
  /** Its full name, which no app can disguise; undefined for a scope that the platform itself defines. */
  readonly scope?: string;
  readonly title: string;
  readonly description: string;
  readonly risk?: 'low' | 'medium' | 'high';
  /** The data that it is for, where that is not all. */
  readonly only?: readonly string[];
}

export interface Consent {
  readonly app: string;
  readonly developer: string;
  readonly tenant: string | undefined;
  readonly person: { readonly name: string; readonly email: string };
  /** Where the browser goes afterwards. Undefined: nowhere (a device). */
  readonly host: string | undefined;
  readonly asked: readonly Asked[];
  readonly withheld: Beyond;
}

/** The scopes that only an admin can allow. */
export interface Beyond {
  readonly asked: readonly Asked[];
  /** Where the person decides, who is an admin. */
  readonly decideAt: string | undefined;
  /** An admin has just been asked. */
  readonly isAsked: boolean;
}

export function consentPage({ told, formToken }: Frame, given: Consent): Page {
  const say = told.consent;
  const { app, developer, tenant, asked, person, host } = given;
  const body = html`<p>${tenant === undefined ? say.lead(app, developer) : say.leadIn(app, developer, tenant)}</p>
    ${
      asked.length === 0
        ? html`<p>${say.nothing}</p>`
        : html`<h2 id="asks">${say.asks}</h2>
            <ul class="scopes" aria-labelledby="asks">
              ${asked.map((one) => askedItem(told, one))}
            </ul>`
    }
    ${asked.some(({ risk }) => risk === 'high') ? html`<p class="high">${say.warning}</p>` : undefined}
    ${given.withheld.asked.length === 0 ? undefined : withheldPart(told, formToken, given.withheld)}
    <div class="facts soft">
      <p>${say.as(person.name, person.email)}</p>
      ${host === undefined ? undefined : html`<p>${say.next(host)}</p>`}
    </div>
    ${form(
      formToken,
      html`<div class="actions">
        <button name="do" value="allow">${say.allow}</button>
        <button class="quiet" name="do" value="deny">${say.deny}</button>
      </div>`,
    )}`;
  return { title: say.title(app), body };
}

/** The scopes beyond the person's own rights: the person can ask an admin, and continues without them. */
function withheldPart(told: Words, formToken: string, { asked, decideAt, isAsked }: Beyond): Html {
  const say = told.install;
  const ask = form(
    formToken,
    html`<div class="actions"><button class="quiet" name="do" value="ask">${say.ask}</button></div>`,
  );
  const decide = html`<p class="links"><a href="${decideAt ?? ''}">${say.decide}</a></p>`;
  const done = html`<p class="done" role="status">${say.told.asked}</p>`;
  return html`<h2 id="withheld">${decideAt === undefined ? say.withheld : say.notGranted}</h2>
    <ul class="scopes" aria-labelledby="withheld">
      ${asked.map((one) => askedItem(told, one))}
    </ul>
    ${decideAt === undefined ? (isAsked ? done : ask) : decide}`;
}

/** One right, in words, with its name and risk. */
export function askedItem(told: Words, { scope, title, description, risk, only = [] }: Asked): Html {
  const badge = risk === undefined ? undefined : html`<span class="risk ${risk}">${told.consent.risk[risk]}</span>`;
  return html`<li>
    <div class="scope"><strong>${title}</strong>${badge}</div>
    ${only.length === 0 ? undefined : html`<p>${told.consent.only(only.join(', '))}</p>`}
    ${
      description === '' ? undefined : html`<p class="soft">${description}</p>`
    }${scope === undefined ? undefined : html`<code>${scope}</code>`}
  </li>`;
}

export function codePage({ told, formToken, wrong = {} }: Frame): Page {
  const say = told.invitation;
  const code = { name: 'code', label: say.code, type: 'text', autocomplete: 'off', focused: true } as const;
  const body = html`<p class="soft">${say.codeLead}</p>
    ${form(
      formToken,
      html`${field(code, wrong)}
        <div class="actions"><button>${say.codeButton}</button></div>`,
    )}`;
  return { title: say.codeTitle, body, wrong };
}

export function invitationPage({ told, formToken, wrong = {} }: Frame, invitation: Invitation, name: string): Page {
  const say = told.invitation;
  const { known, email, tenantName } = invitation;
  const role = invitation.role;
  const label = told.signIn.email;
  const address = field({
    name: 'email',
    label,
    type: 'email',
    autocomplete: 'username',
    value: email,
    readonly: true,
  });
  const calledField = {
    name: 'name',
    label: say.name,
    type: 'text',
    autocomplete: 'name',
    value: name,
    focused: true,
  } as const;
  const called = known ? undefined : field(calledField, wrong);
  const secret = { name: 'password', label: say.password, type: 'password' } as const;
  const kept = { ...secret, autocomplete: 'current-password', focused: true };
  const fresh = { ...secret, autocomplete: 'new-password', hint: say.passwordHint(passwordCharactersMin) };
  const fields = html`${address} ${called} ${field(known ? kept : fresh, wrong)}
    <div class="actions"><button>${known ? say.buttonKnown : say.button}</button></div>`;
  const body = html`<p>${say.role(role)}</p>
    <p class="soft">${known ? say.known : say.newPerson}</p>
    ${form(formToken, fields)}`;
  return { title: say.title(tenantName), body, wrong };
}

export function tokenPage({ told, formToken, wrong = {} }: Frame): Page {
  const say = told.outbox;
  const token = { name: 'token', label: say.token, type: 'password', autocomplete: 'off', focused: true } as const;
  const body = html`<p class="soft">${say.lead}</p>
    ${form(
      formToken,
      html`${field(token, wrong)}
        <div class="actions"><button>${say.button}</button></div>`,
    )}`;
  return { title: say.title, body, wrong };
}

export interface Mail {
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  readonly at: Date;
}

export function outboxPage({ outbox: say }: Words, mails: readonly Mail[], origin: string): Page {
  const shown = mails.map(
    ({ recipient, subject, body, at }) =>
      html`<article>
        <h2>${subject}</h2>
        <p class="soft">${recipient} · <time datetime="${at.toISOString()}">${at.toISOString()}</time></p>
        <pre>${linked(body, origin)}</pre>
      </article>`,
  );
  return { title: say.title, body: mails.length === 0 ? html`<p class="soft">${say.empty}</p>` : html`${shown}` };
}

/** The text of a mail, in which links of the platform can be clicked. Others may come out of the name of a tenant. */
function linked(text: string, origin: string): Html {
  const parts = text.split(/(https?:\/\/\S+)/).map((part) => {
    return URL.parse(part)?.origin === origin ? html`<a href="${part}">${part}</a>` : html`${part}`;
  });
  return html`${parts}`;
}

/** After somebody has joined: they are signed in, and this is what comes next. */
export function joinedPage({ invitation: say }: Words, tenant: string): Page {
  const body = html`<p class="soft">${say.doneLead}</p>
    <ul>
      <li>${say.next.app}</li>
      <li>${say.next.cli} <code>tulou login</code></li>
      <li>${say.next.factor}</li>
    </ul>
    <div class="actions"><a class="button" href="/account">${say.next.account}</a></div>`;
  return { title: say.done(tenant), body };
}

/** A page that only says something. */
export const notice = (title: string, lead: string): Page => ({ title, body: html`<p class="soft">${lead}</p>` });
