/** The pages of apps that a tenant installs: from values to HTML, nothing else. */
import type { App, Approval, Held } from './read.ts';
import { html, type Html } from '../../http/html.ts';
import { form, type Page } from '../web/layout.ts';
import { askedItem, type Asked, type Frame } from '../web/views.ts';
import type { Words } from '../web/words.ts';

export interface InstallScene {
  readonly tenantName: string;
  readonly isAdmin: boolean;
  readonly app: App;
  readonly held: Held | undefined;
  readonly approvals: readonly Approval[];
  /** Full names that somebody wants the app to have, to be chosen beforehand. */
  readonly wanted: readonly string[];
  /** The scopes among those that a person who is not an admin may not use. */
  readonly beyond: readonly string[];
  readonly mayTry: boolean;
  /** The action that was just completed. */
  readonly done: keyof Words['install']['told'] | undefined;
  /** All scopes that stand on the page, in words. */
  readonly words: readonly Asked[];
}

export function installPage(frame: Frame, scene: InstallScene): Page {
  const { told, wrong = {} } = frame;
  const { app, held, tenantName, done } = scene;
  const say = told.install;
  const lead = held === undefined ? say.lead : say.leadHeld;
  const stopped = app.state === 'active' ? undefined : html`<p class="high">${say.appState[app.state]}</p>`;
  const body = html`${done === undefined ? undefined : html`<p class="done" role="status">${say.told[done]}</p>`}
    <p>${lead(app.name, app.developer, tenantName)}</p>
    ${stopped} ${held === undefined ? undefined : html`<p class="soft">${say.state[held.state]}</p>`}
    ${held?.trial === true ? html`<p class="soft">${say.trial}</p>` : undefined}
    ${scene.isAdmin ? adminPart(frame, scene) : memberPart(frame, scene)}`;
  return { title: held === undefined ? say.title(app.name) : app.name, body, wrong };
}

const wordsOf = ({ words }: InstallScene, scopes: readonly string[]): readonly Asked[] =>
  words.filter(({ scope }) => scope !== undefined && scopes.includes(scope));

const list = (told: Words, id: string, title: string, items: readonly Asked[]): Html =>
  html`<h2 id="${id}">${title}</h2>
    <ul class="scopes" aria-labelledby="${id}">
      ${items.map((one) => askedItem(told, one))}
    </ul>`;

const button = (name: string, label: string, quiet = true): Html =>
  html`<button ${quiet ? html`class="quiet"` : undefined} name="do" value="${name}">${label}</button>`;

function adminPart({ told, formToken }: Frame, scene: InstallScene): Html {
  const say = told.install;
  const { app, held, wanted } = scene;
  const required = wordsOf(scene, app.required);
  const optional = wordsOf(scene, app.optional);
  const chosen = [...(held?.scopes ?? []), ...wanted];
  const isRisky = [...required, ...optional].some(({ risk }) => risk === 'high' || risk === undefined);
  const fields = html`${required.length === 0 ? undefined : list(told, 'needs', say.needs, required)}
  ${
    optional.length === 0
      ? undefined
      : html`<fieldset>
          <legend>${say.may}</legend>
          <ul class="scopes">
            ${optional.map((one) => choice(told, one, chosen.includes(one.scope ?? '')))}
          </ul>
        </fieldset>`
  }
  ${required.length + optional.length === 0 ? html`<p>${say.mayNothing}</p>` : undefined}
  ${isRisky ? html`<p class="high">${say.warning}</p>` : undefined}`;
  const decisions =
    held === undefined
      ? button('install', say.install, false)
      : html`${button('save', say.save, false)}
        ${held.state === 'paused' ? button('resume', say.resume) : button('pause', say.pause)}
        ${button('revoke', say.revoke)}`;
  return html`${scene.approvals.map((one) => approvalPart(told, formToken, scene, one))}
  ${form(
    formToken,
    html`${fields}
      <div class="actions">${decisions}</div>`,
  )}`;
}

function choice(told: Words, { scope, title, description, risk }: Asked, isChosen: boolean): Html {
  const badge = risk === undefined ? undefined : html`<span class="risk ${risk}">${told.consent.risk[risk]}</span>`;
  const id = `scope:${scope ?? ''}`;
  return html`<li>
    <div class="scope">
      <label class="choice" for="${id}"
        ><input
          type="checkbox"
          id="${id}"
          name="${id}"
          ${isChosen ? html`checked` : undefined}
          aria-describedby="${id}-about"
        /><span>${title}</span></label
      >${badge}
    </div>
    <div id="${id}-about">
      ${description === '' ? undefined : html`<p class="soft">${description}</p>`}<code>${scope ?? ''}</code>
    </div>
  </li>`;
}

function approvalPart(told: Words, formToken: string, scene: InstallScene, { id, member, scopes }: Approval): Html {
  const say = told.install;
  return html`<section class="asked" aria-label="${say.asksFor(member)}">
    ${list(told, id, say.asksFor(member), wordsOf(scene, scopes))}
    ${form(
      formToken,
      html`<input type="hidden" name="approval" value="${id}" />
        <div class="actions">${button('allow', say.allow, false)} ${button('reject', say.reject)}</div>`,
    )}
  </section>`;
}

function memberPart({ told, formToken }: Frame, scene: InstallScene): Html {
  const say = told.install;
  const { app, held, beyond, wanted, done, mayTry, tenantName } = scene;
  if (held === undefined) {
    const asks = wordsOf(scene, [...app.required, ...wanted]);
    return html`${asks.length === 0 ? undefined : list(told, 'wants', say.wants, asks)}
    ${mayTry ? html`<p>${say.tryLead}</p>` : html`<p>${say.onlyAdmin(tenantName)}</p>`}
    ${form(
      formToken,
      html`<div class="actions">
        ${mayTry ? button('try', say.try, false) : undefined}
        ${done === 'asked' ? undefined : button('ask', say.ask, mayTry)}
      </div>`,
    )}`;
  }
  const has = wordsOf(scene, held.scopes);
  return html`${has.length === 0 ? undefined : list(told, 'has', say.has, has)}
  ${
    beyond.length === 0
      ? undefined
      : html`${list(told, 'withheld', say.withheld, wordsOf(scene, beyond))}
        ${
          done === 'asked'
            ? undefined
            : form(formToken, html`<div class="actions">${button('ask', say.ask, false)}</div>`)
        }`
  }`;
}

export interface Choice {
  readonly name: string;
  /** Where it leads. */
  readonly link: string;
}

/** Which tenant a page is about, where the person is a member of several, or of none. */
export function choosePage({ install: say }: Words, choices: readonly Choice[]): Page {
  const links = choices.map(({ name, link }) => html`<li><a href="${link}">${name}</a></li>`);
  const body =
    choices.length === 0
      ? html`<p class="soft">${say.noTenant}</p>`
      : html`<p class="soft">${say.chooseLead}</p>
          <ul class="links">
            ${links}
          </ul>`;
  return { title: say.chooseTitle, body };
}
