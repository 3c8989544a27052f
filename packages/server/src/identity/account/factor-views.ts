/** The pages of one's account on which factors are added and removed: from values to HTML. */
import { encodeQR } from 'qr';
import { accountPart, doneLine, type Told } from './account-views.ts';
import { html, type Html } from '../../http/html.ts';
import { field, form, type Page } from '../web/layout.ts';
import { passkeyForm } from '../web/passkey-form.ts';
import type { Frame } from '../web/views.ts';

export interface ShownPasskey {
  readonly id: string;
  readonly name: string;
  readonly made: string;
  readonly used: string | undefined;
}

export interface Passkeys extends Told {
  readonly held: readonly ShownPasskey[];
  /** The options for the browser to create a passkey; undefined: this address can have none. */
  readonly creationOptions: string | undefined;
  readonly suggestedName: string;
}

export function passkeysPage(frame: Frame, given: Passkeys): Page {
  const { told, formToken } = frame;
  const say = told.account.passkeys;
  const { held, creationOptions: options, suggestedName, done } = given;
  const rows = held.map(
    ({ id, name, made, used }) =>
      html`<li>
        <div>
          <strong>${name}</strong>
          <p class="soft">${say.made(made)}</p>
          <p class="soft">${used === undefined ? say.unused : say.used(used)}</p>
        </div>
        <button class="quiet" name="remove" value="${id}" aria-label="${say.remove(name)}">${say.removeShort}</button>
      </li>`,
  );
  const list = html`<ul class="rows">
    ${rows}
  </ul>`;
  const body = html`${doneLine(done)}
    <p class="soft">${say.lead}</p>
    ${held.length === 0 ? html`<p>${say.none}</p>` : form(formToken, list)}
    ${options === undefined ? html`<p>${say.unusable}</p>` : addForm(frame, options, suggestedName)}`;
  return { ...accountPart(frame, say.title, body), scripted: options !== undefined };
}

function addForm({ told, formToken, wrong = {} }: Frame, options: string, suggestedName: string): Html {
  const say = told.account.passkeys;
  const name = { name: 'name', label: say.name, type: 'text', autocomplete: 'off', hint: say.nameHint } as const;
  const asked = { asks: 'create', options, failed: say.failed, does: 'add', button: say.add } as const;
  return passkeyForm(formToken, asked, field({ ...name, value: suggestedName }, wrong));
}

/** An authenticator app that is being set up. */
export interface Setup {
  readonly uri: string;
  readonly key: string;
  /** The key again, for the form to send back: sealed, so that only this server can read it. */
  readonly sealed: string;
}

/** `setup` undefined: it is on, and stays as it is. */
export function authenticatorPage(frame: Frame, { setup, isOn, done }: Told & { setup?: Setup; isOn: boolean }): Page {
  const { told, formToken } = frame;
  const say = told.account.authenticator;
  const off = html`<button class="quiet" name="do" value="off">${say.turnOff}</button>`;
  const kept = html`<p>${say.isOn}</p>
    ${form(
      formToken,
      html`<div class="actions">
        <button name="do" value="anew">${say.replace}</button>
        ${off}
      </div>`,
    )}`;
  const body = html`${doneLine(done)}
    <p class="soft">${say.lead}</p>
    ${setup === undefined ? undefined : setupForm(frame, setup)} ${setup === undefined && isOn ? kept : undefined}`;
  return accountPart(frame, say.title, body);
}

function setupForm({ told, formToken, wrong = {} }: Frame, { uri, key, sealed }: Setup): Html {
  const say = told.account.authenticator;
  const code = {
    name: 'code',
    label: told.factor.code,
    type: 'text',
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    hint: told.factor.codeHint,
  } as const;
  return html`<p>${say.scan}</p>
    ${pictureOf(uri, say.picture)}
    <p class="soft" id="key">${say.key}</p>
    <code class="key" aria-labelledby="key">${key}</code>
    ${form(
      formToken,
      html`<input type="hidden" name="seed" value="${sealed}" /> ${field(code, wrong)}
        <div class="actions"><button name="do" value="on">${say.turnOn}</button></div>`,
    )}`;
}

/** Dark on light in each scheme, as cameras want it. */
function pictureOf(text: string, label: string): Html {
  const modules = encodeQR(text, 'raw', { border: 3 });
  const dark = modules.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  const size = modules.length;
  return html`<svg
    class="qr"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${size} ${size}"
    shape-rendering="crispEdges"
  >
    <rect width="${size}" height="${size}" fill="#fff" />
    <path fill="#000" d="${dark.join('')}" />
  </svg>`;
}

export interface RecoveryCodes extends Told {
  readonly left: number;
  /** The person has a second factor, and would be locked out. */
  readonly needed: boolean;
}

export function recoveryPage(frame: Frame, { left, needed, done }: RecoveryCodes): Page {
  const { told, formToken } = frame;
  const say = told.account.recovery;
  const body = html`${doneLine(done)}
    <p class="soft">${say.lead}</p>
    <p>${needed && left === 0 ? say.needed : say.left(left)}</p>
    ${form(
      formToken,
      html`<div class="actions"><button>${say.make}</button></div>
        ${left === 0 ? undefined : html`<p class="hint">${say.makeHint}</p>`}`,
    )}`;
  return accountPart(frame, say.title, body);
}

/** Shown once. */
export function recoveryCodesPage(frame: Frame, codes: readonly string[]): Page {
  const say = frame.told.account.recovery;
  const body = html`<p>${say.once}</p>
    <ul class="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ul>
    <div class="actions"><a class="button" href="/account">${say.kept}</a></div>`;
  return accountPart(frame, say.title, body);
}
