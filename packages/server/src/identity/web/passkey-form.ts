/** A form whose button asks the browser for a passkey. Without a script, or without passkeys, it stays hidden. */
import { html, type Html } from '../../http/html.ts';

export interface PasskeyForm {
  /** The request to the browser: to create a passkey, or to show one. */
  readonly asks: 'create' | 'get';
  /** As `people/webauthn.ts` writes them. */
  readonly options: string;
  /** Said where the browser gave none. */
  readonly failed: string;
  /** The value of the form's `do`. */
  readonly does: string;
  readonly button: string;
  readonly quiet?: boolean;
}

/** `more`: fields before the button. */
export function passkeyForm(token: string, given: PasskeyForm, more?: Html): Html {
  const { asks, options, failed, does, button, quiet = false } = given;
  return html`<form
    method="post"
    novalidate
    hidden
    data-passkey="${asks}"
    data-options="${options}"
    data-failed="${failed}"
  >
    <input type="hidden" name="form_token" value="${token}" />
    <input type="hidden" name="credential" value="" />
    ${more}
    <div class="actions">
      <button ${quiet ? html`class="quiet" ` : undefined}name="do" value="${does}">${button}</button>
    </div>
    <p class="fault" role="status"></p>
  </form>`;
}
