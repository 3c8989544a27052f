/** The second step of a sign-in: from values to HTML. */
import { html, type Html } from '../../http/html.ts';
import { field, form, type Field, type Page } from '../web/layout.ts';
import { passkeyForm } from '../web/passkey-form.ts';
import type { Frame } from '../web/views.ts';

/** The factors that the person may use. */
export interface FactorChoice {
  readonly email: string;
  readonly authenticator: boolean;
  /** The options for the browser to request a passkey; undefined: the person has none. */
  readonly passkeyOptions: string | undefined;
}

export function factorPage(frame: Frame, given: FactorChoice): Page {
  const { told, formToken, wrong = {} } = frame;
  const say = told.factor;
  const body = html`<p class="soft">${say.lead(given.email)}</p>
    ${given.passkeyOptions === undefined ? undefined : showPasskey(frame, given.passkeyOptions)}
    ${given.authenticator ? codeForm(frame, 'totp') : undefined}
    <details${'recovery' in wrong ? html` open` : undefined}>
      <summary>${say.recoverySummary}</summary>
      ${codeForm(frame, 'recovery')}
      ${form(formToken, html`<div class="actions"><button class="quiet" name="do" value="again">${say.again}</button></div>`)}
    </details>`;
  return { title: say.title, body, wrong, scripted: given.passkeyOptions !== undefined };
}

function showPasskey({ told: { factor: say }, formToken }: Frame, options: string): Html {
  const asked = {
    asks: 'get',
    options,
    failed: say.passkeyFailed,
    does: 'passkey',
    button: say.passkeyButton,
  } as const;
  return html`<p>${say.passkeyLead}</p>
    ${passkeyForm(formToken, asked)}`;
}

function codeForm({ told: { factor: say }, formToken, wrong = {} }: Frame, does: 'totp' | 'recovery'): Html {
  const fields: Readonly<Record<typeof does, Field>> = {
    totp: {
      name: 'code',
      label: say.code,
      type: 'text',
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      hint: say.codeHint,
      focused: true,
    },
    recovery: { name: 'recovery', label: say.recovery, type: 'text', autocomplete: 'off', hint: say.recoveryHint },
  };
  return form(
    formToken,
    html`${field(fields[does], wrong)}
      <div class="actions"><button name="do" value="${does}">${say.button}</button></div>`,
  );
}
