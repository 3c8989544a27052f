/** The pages by which people come, and come back: from values to HTML. */
import { passwordCharactersMin } from '../people/password.ts';
import type { Offered } from '../federation/connections.ts';
import type { Offers } from '../requests/offered.ts';
import type { Issuer } from '../issuers/issuer.ts';
import { html, type Html } from '../../http/html.ts';
import { field, form, type Page } from '../web/layout.ts';
import type { Frame } from '../web/views.ts';
import type { Words } from '../web/words.ts';

/** For who can't sign in: the ways to an account. `interaction`: where they were, to go back to. */
export function waysIn({ told, issuer }: { readonly told: Words; readonly issuer: Issuer }, interaction: string): Html {
  const signUp = html`<a href="/account/sign-up?interaction=${interaction}">${told.signUp.link}</a>`;
  return html`<p class="ways">
    <a href="/account/reset">${told.reset.link}</a> ${issuer.signUp === 'open' ? signUp : undefined}
  </p>`;
}

/** Links to the identity providers of tenants. `fresh`: the person must authenticate again there. */
export function offersIn(
  told: Words,
  { connections, open }: Offers,
  { interaction, fresh }: { readonly interaction: string; readonly fresh: boolean },
): Html {
  const links = connections.map((one) => wayBy(told, one, interaction, fresh));
  const other = html`<p><a href="/account/federation?interaction=${interaction}">${told.federation.link}</a></p>`;
  return html`${links} ${open ? other : undefined}`;
}

const wayBy = (told: Words, { id, name }: Offered, interaction: string, fresh: boolean): Html => {
  const to = `/account/federation/${id}?interaction=${interaction}${fresh ? '&fresh' : ''}`;
  return html`<div class="actions"><a class="button quiet" href="${to}">${told.federation.by(name)}</a></div>`;
};

/** In place of the sign-in page where a tenant's own provider is the only way. */
export function onlyOfferedPage({ told, formToken, wrong = {} }: Frame, app: string, ways: Html): Page {
  const body = html`<p class="soft">${told.signIn.lead(app)}</p>
    <p>${told.federation.only}</p>
    ${ways}
    ${form(
      formToken,
      html`<div class="actions"><button class="quiet" name="do" value="deny">${told.signIn.cancel}</button></div>`,
    )}`;
  return { title: told.signIn.title, body, wrong };
}

/** Asks whose member somebody is, and shows the ways that there are. */
export function choosePage(
  { told, formToken, wrong = {} }: Frame,
  interaction: string,
  tenant: string,
  offered: readonly Offered[],
): Page {
  const say = told.federation;
  const asked = { name: 'tenant', label: say.tenant, type: 'text', autocomplete: 'off' } as const;
  const body = html`<p class="soft">${say.lead}</p>
    ${form(
      formToken,
      html`${field({ ...asked, value: tenant, hint: say.tenantHint, focused: offered.length === 0 }, wrong)}
        <div class="actions"><button>${say.button}</button></div>`,
    )}
    ${offered.map((one) => wayBy(told, one, interaction, false))}
    <p class="ways"><a href="/oauth2/interaction/${interaction}">${say.back}</a></p>`;
  return { title: say.title, body, wrong };
}

/** Asks for the address that a mail goes to. */
export function askAddressPage(
  { told, formToken, wrong = {} }: Frame,
  say: { readonly title: string; readonly lead: string; readonly button: string },
  email: string,
): Page {
  const address = { name: 'email', label: told.signIn.email, type: 'email', autocomplete: 'username' } as const;
  const body = html`<p class="soft">${say.lead}</p>
    ${form(
      formToken,
      html`${field({ ...address, value: email, focused: true }, wrong)}
        <div class="actions"><button>${say.button}</button></div>`,
    )}`;
  return { title: say.title, body, wrong };
}

const addressOf = (told: Words, email: string) =>
  field({
    name: 'email',
    label: told.signIn.email,
    type: 'email',
    autocomplete: 'username',
    value: email,
    readonly: true,
  });

const passwordOf = ({ invitation: say }: Words) =>
  ({
    name: 'password',
    label: say.password,
    type: 'password',
    autocomplete: 'new-password',
    hint: say.passwordHint(passwordCharactersMin),
  }) as const;

export function chooseAccountPage({ told, formToken, wrong = {} }: Frame, email: string, name: string): Page {
  const say = told.signUp;
  const called = { name: 'name', label: told.invitation.name, type: 'text', autocomplete: 'name' } as const;
  const body = html`<p class="soft">${say.finishLead}</p>
    ${form(
      formToken,
      html`${addressOf(told, email)} ${field({ ...called, value: name, focused: true }, wrong)}
        ${field(passwordOf(told), wrong)}
        <div class="actions"><button>${say.finish}</button></div>`,
    )}`;
  return { title: say.finishTitle, body, wrong };
}

export function choosePasswordPage({ told, formToken, wrong = {} }: Frame, email: string): Page {
  const say = told.reset;
  const body = html`<p class="soft">${say.finishLead(email)}</p>
    ${form(
      formToken,
      html`${addressOf(told, email)} ${field({ ...passwordOf(told), focused: true }, wrong)}
        <div class="actions"><button>${say.finish}</button></div>`,
    )}`;
  return { title: say.title, body, wrong };
}

export function movePage({ told, formToken }: Frame, from: string, to: string): Page {
  const say = told.move;
  const body = html`<p>${say.confirm(from, to)}</p>
    ${form(formToken, html`<div class="actions"><button>${say.confirmButton}</button></div>`)}`;
  return { title: say.title, body };
}

export function doneSignUpPage({ signUp: say }: Words, interaction: string | undefined): Page {
  const onward =
    interaction === undefined ? undefined : html`<p><a href="/oauth2/interaction/${interaction}">${say.goOn}</a></p>`;
  return {
    title: say.doneTitle,
    body: html`<p class="soft">${say.done}</p>
      ${onward}`,
  };
}
