/** The pages of one's account: from values to HTML. */
import type { Locale, User } from '../people/users.ts';
import type { Factors } from '../people/factors.ts';
import { passwordCharactersMin } from '../people/password.ts';
import { html, type Html } from '../../http/html.ts';
import { field, form, type Page } from '../web/layout.ts';
import type { Frame } from '../web/views.ts';
import type { Words } from '../web/words.ts';

/** Said after something was done. */
export interface Told {
  readonly done?: string | undefined;
}

export const doneLine = (done: string | undefined): Html | undefined =>
  done === undefined ? undefined : html`<p class="done" role="status">${done}</p>`;

/** The frame of each page but the first. */
export function accountPart({ told, wrong = {} }: Frame, title: string, body: Html): Page {
  const back = html`<p class="back"><a href="/account">‹ ${told.account.back}</a></p>`;
  return { title, body: html`${back} ${body}`, wrong };
}

/** A moment, in the reader's language and in UTC. */
export function moment(at: Date, locale: Locale): string {
  return (
    new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(at) + ' UTC'
  );
}

export interface Profile extends Told {
  readonly user: User;
  readonly name: string;
  readonly language: Locale;
  readonly factors: Factors;
  /** They are an admin of some tenant. */
  readonly isAdmin: boolean;
}

export function profilePage(frame: Frame, given: Profile): Page {
  const { told, formToken, wrong = {} } = frame;
  const say = told.account;
  const { user, name, language, factors } = given;
  const called = { name: 'name', label: say.name, type: 'text', autocomplete: 'name', value: name } as const;
  const body = html`${doneLine(given.done)}
    <p class="soft">${user.name} · ${user.email}</p>
    <h2 id="security">${say.security}</h2>
    ${linksTo(told, factors, user)}
    ${given.isAdmin ? html`<p class="links"><a href="/account/installations">${told.install.ofTenants}</a></p>` : undefined}
    <h2>${say.profile}</h2>
    ${form(
      formToken,
      html`${field(called, wrong)} ${languageField(say.language, language)}
        <div class="actions"><button>${say.save}</button></div>`,
    )}
    <div class="actions"><a class="button quiet" href="/oauth2/end-session">${say.signOut}</a></div>`;
  return { title: say.title, body, wrong };
}

export interface Address extends Told {
  readonly user: User;
  readonly typed: string;
}

export function emailPage(frame: Frame, { user, typed, done }: Address): Page {
  const { told, formToken, wrong = {} } = frame;
  const say = told.move;
  const fresh = { name: 'email', label: say.email, type: 'email', autocomplete: 'email', value: typed } as const;
  const body = html`${doneLine(done)}
    <p class="soft">${say.lead(user.email)}</p>
    ${form(
      formToken,
      html`${field({ ...fresh, focused: true }, wrong)}
        <div class="actions"><button>${say.button}</button></div>`,
    )}`;
  return accountPart(frame, say.title, body);
}

function linksTo(told: Words, { passkeys, authenticator, recoveryCodes }: Factors, { email, managed }: User): Html {
  const say = told.account;
  const own: readonly (readonly [path: string, title: string, state: string])[] = [
    ['/account/email', told.move.title, email],
    ['/account/password', say.password.title, ''],
    ['/account/passkeys', say.passkeys.title, say.passkeys.count(passkeys)],
    ['/account/authenticator', say.authenticator.title, authenticator ? say.authenticator.on : say.authenticator.off],
    ['/account/recovery-codes', say.recovery.title, say.recovery.left(recoveryCodes)],
  ];
  const rows: typeof own = [
    // A person who signs in with a tenant's own identity provider has none of these here.
    ...(managed ? [] : own),
    ['/account/sessions', say.sessions.title, ''],
    ['/account/allowed', say.apps.title, ''],
  ];
  return html`<ul class="rows" aria-labelledby="security">
    ${rows.map(([path, title, state]) => html`<li><a href="${path}">${title}</a><span class="soft">${state}</span></li>`)}
  </ul>`;
}

const languages: Readonly<Record<Locale, string>> = { en: 'English', 'zh-CN': '中文' };

function languageField(label: string, chosen: Locale): Html {
  const options = Object.entries(languages).map(
    ([locale, name]) =>
      html`<option value="${locale}" lang="${locale}" ${locale === chosen ? html` selected` : undefined}>
        ${name}
      </option>`,
  );
  return html`<label for="language">${label}</label>
    <select id="language" name="language" autocomplete="language">
      ${options}
    </select>`;
}

export function passwordPage(frame: Frame, { user, done }: Told & { readonly user: User }): Page {
  const { told, formToken, wrong = {} } = frame;
  const say = told.account.password;
  const name = { name: 'email', label: told.account.email, type: 'email', autocomplete: 'username' } as const;
  const hint = told.invitation.passwordHint(passwordCharactersMin);
  const fresh = { name: 'password', label: say.fresh, type: 'password', autocomplete: 'new-password', hint } as const;
  const body = html`${doneLine(done)}
  ${form(
    formToken,
    html`${field({ ...name, value: user.email, readonly: true })} ${field({ ...fresh, focused: true }, wrong)}
      <div class="actions"><button>${say.button}</button></div>`,
  )}`;
  return accountPart(frame, say.title, body);
}

export interface ShownSession {
  readonly id: string;
  readonly what: string;
  readonly address: string;
  readonly since: string;
  readonly seen: string;
  readonly isHere: boolean;
}

export function sessionsPage(
  frame: Frame,
  { sessions, done }: Told & { readonly sessions: readonly ShownSession[] },
): Page {
  const { told, formToken } = frame;
  const say = told.account.sessions;
  const others = sessions.some(({ isHere }) => !isHere);
  const rows = sessions.map(
    ({ id, what, address, since, seen, isHere }) =>
      html`<li>
        <div>
          <strong>${what}</strong>${isHere ? html` <span class="risk low">${say.here}</span>` : undefined}
          <p class="soft">${address}</p>
          <p class="soft">${say.since(since)}</p>
          <p class="soft">${say.seen(seen)}</p>
        </div>
        ${isHere ? undefined : endButton({ name: 'end', value: id, label: say.end(what), text: say.endShort })}
      </li>`,
  );
  const all = html`<div class="actions">
    <button class="quiet" name="end" value="others">${say.endOthers}</button>
  </div>`;
  const body = html`${doneLine(done)}
    <p class="soft">${say.lead}</p>
    ${form(
      formToken,
      html`<ul class="rows">
          ${rows}
        </ul>
        ${others ? all : undefined}`,
    )}`;
  return accountPart(frame, say.title, body);
}

interface RowButton {
  readonly name: string;
  readonly value: string;
  /** The label for a reader who hears only the button. */
  readonly label: string;
  readonly text: string;
}

const endButton = ({ name, value, label, text }: RowButton): Html =>
  html`<button class="quiet" name="${name}" value="${value}" aria-label="${label}">${text}</button>`;

export interface ShownApp {
  readonly clientId: string;
  readonly app: string;
  readonly developer: string;
  readonly since: string;
  readonly rights: readonly string[];
}

export function allowedPage(frame: Frame, { apps, done }: Told & { readonly apps: readonly ShownApp[] }): Page {
  const { told, formToken } = frame;
  const say = told.account.apps;
  const rows = apps.map(
    ({ clientId, app, developer, since, rights }) =>
      html`<li>
        <div>
          <strong>${app}</strong>
          <p class="soft">${say.by(developer)}</p>
          <p class="soft">${say.since(since)}</p>
          <p>${rights.join(' · ')}</p>
        </div>
        ${endButton({ name: 'client', value: clientId, label: say.revoke(app), text: say.revokeShort })}
      </li>`,
  );
  const list = html`<ul class="rows">
    ${rows}
  </ul>`;
  const body = html`${doneLine(done)}
    <p class="soft">${say.lead}</p>
    ${apps.length === 0 ? html`<p>${say.none}</p>` : form(formToken, list)}`;
  return accountPart(frame, say.title, body);
}
