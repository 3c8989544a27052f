/** The one script of the pages: passkeys exist in browsers only where a script asks for them. Everything else goes without. */
import { sha256 } from '../../kernel/hash.ts';

export const passkeyScript = `'use strict';
const ask = {
  create: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};
const knowsPasskeys = typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
for (const form of knowsPasskeys ? document.querySelectorAll('form[data-passkey]') : []) {
  const said = form.querySelector('[role=status]');
  const field = form.elements.namedItem('credential');
  form.hidden = false;
  addEventListener('pageshow', () => { field.value = ''; });
  form.addEventListener('submit', async (event) => {
    if (field.value !== '') return;
    event.preventDefault();
    said.textContent = '';
    try {
      field.value = JSON.stringify(await ask[form.dataset.passkey](JSON.parse(form.dataset.options)));
      form.requestSubmit(event.submitter);
    } catch {
      said.textContent = form.dataset.failed;
    }
  });
}
`;

export const passkeyScriptPath = `/account/passkeys-${sha256(passkeyScript).slice(0, 12)}.js`;
