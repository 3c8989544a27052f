/** The page of all apps that a tenant has installed: from values to HTML, nothing else. */
import { html, type Html } from '../../http/html.ts';
import { form, type Page } from '../web/layout.ts';
import type { Frame } from '../web/views.ts';
import type { Words } from '../web/words.ts';

export interface InventoryItem {
  readonly appName: string;
  /** In words. */
  readonly scopes: readonly string[];
  readonly state: 'active' | 'paused' | 'revoked';
  readonly appState: 'active' | 'suspended' | 'blocked' | 'deleted';
  /** Undefined: the person is no longer a member. */
  readonly grantedBy: string | undefined;
  readonly grantedOn: string;
  readonly calls: string;
  readonly lastCall: string | undefined;
  /** Where it is changed; undefined: it can no longer be changed. */
  readonly link: string | undefined;
}

export interface Inventory {
  readonly tenantName: string;
  readonly requests: readonly { readonly member: string; readonly app: string; readonly link: string }[];
  readonly items: readonly InventoryItem[];
  readonly more: string | undefined;
  /** Whether members may try apps; undefined: the reader does not decide that. */
  readonly mayTry: boolean | undefined;
  /** It was just decided. */
  readonly isKept: boolean;
}

export function inventoryPage({ told, formToken }: Frame, given: Inventory): Page {
  const say = told.install;
  const { tenantName, requests, items, more, mayTry, isKept } = given;
  const asked = requests.map(
    ({ member, app, link }) =>
      html`<li>
        ${say.request(member, app)}
        <a href="${link}" aria-label="${say.look}: ${say.request(member, app)}">${say.look}</a>
      </li>`,
  );
  const body = html`${isKept ? html`<p class="done" role="status">${say.told.kept}</p>` : undefined}
  ${
    asked.length === 0
      ? undefined
      : html`<h2 id="requests">${say.requests}</h2>
          <ul class="links" aria-labelledby="requests">
            ${asked}
          </ul>`
  }
  ${items.length === 0 ? html`<p class="soft">${say.none}</p>` : items.map((one) => itemPart(say, one))}
  ${more === undefined ? undefined : html`<p class="links"><a href="${more}">${say.more}</a></p>`}
  ${mayTry === undefined ? undefined : tryPart(say, formToken, mayTry)}`;
  return { title: say.inventoryTitle(tenantName), body };
}

function tryPart(say: Words['install'], formToken: string, mayTry: boolean): Html {
  return form(
    formToken,
    html`<label class="choice" for="members-may-try"
        ><input
          type="checkbox"
          id="members-may-try"
          name="members-may-try"
          ${mayTry ? html`checked` : undefined}
          aria-describedby="members-may-try-hint"
        /><span>${say.membersMayTry}</span></label
      >
      <p class="hint" id="members-may-try-hint">${say.membersMayTryHint}</p>
      <div class="actions"><button class="quiet">${say.save}</button></div>`,
  );
}

function itemPart(say: Words['install'], item: InventoryItem): Html {
  const { appName, scopes, state, appState, grantedBy, grantedOn, calls, lastCall, link } = item;
  return html`<article>
    <div class="scope">
      <h2>${appName}</h2>
      <span class="risk ${state === 'active' && appState === 'active' ? 'low' : 'medium'}">${say.state[state]}</span>
    </div>
    ${appState === 'active' ? undefined : html`<p class="high">${say.appState[appState]}</p>`}
    ${
      scopes.length === 0
        ? undefined
        : html`<ul>
            ${scopes.map((title) => html`<li>${title}</li>`)}
          </ul>`
    }
    <p class="soft">${say.grantedBy(grantedBy ?? say.somebody, grantedOn)}</p>
    <p class="soft">${say.calls(calls)} · ${lastCall === undefined ? say.neverCalled : say.lastCall(lastCall)}</p>
    ${link === undefined ? undefined : html`<p class="links"><a href="${link}" aria-label="${say.change}: ${appName}">${say.change}</a></p>`}
  </article>`;
}
