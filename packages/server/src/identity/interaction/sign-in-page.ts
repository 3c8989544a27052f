/** The page on which a person says who they are. */
import { html } from '../../http/html.ts';
import type { Wrong } from '../web/layout.ts';
import { offersIn, onlyOfferedPage, waysIn } from './lifecycle-views.ts';
import { passkeyForm } from '../web/passkey-form.ts';
import { signInPage } from '../web/views.ts';
import { sendPage, type Visit } from '../web/visit.ts';
import { relyingParty, requestOptions } from '../people/webauthn.ts';
import type { Asking, PromptDeps } from '../asking.ts';
import { readOffers } from '../requests/offered.ts';
import { destinationOf } from '../requests/request.ts';
import { asPlatform } from '../system-wide.ts';

/** The purpose of a passkey challenge that names no person: this page in this browser. */
export const alonePurpose = ({ formToken }: Visit): string => `sign in ${formToken}`;

export async function showSignIn(
  asking: Asking,
  deps: PromptDeps,
  status: number,
  email: string,
  wrong: Wrong,
): Promise<void> {
  const { visit, asker, parameters, details } = asking;
  const rpID = relyingParty(visit.issuer);
  const passkey = rpID === undefined ? undefined : await passkeyWay(visit, rpID, deps);
  const offers = await asPlatform(deps.store, 'rights', (tx) => readOffers(tx, parameters));
  const offered = offersIn(visit.told, offers, { interaction: details.uid, fresh: isAgain(asking) });
  const { formTo } = destinationOf(parameters.redirectUri);
  if (offers.enforced) return sendPage(visit, status, onlyOfferedPage({ ...visit, wrong }, asker.app, offered), formTo);
  const ways = html`${passkey} ${offered} ${waysIn(visit, details.uid)}`;
  const page = signInPage({ ...visit, wrong }, asker.app, email, ways);
  sendPage(visit, status, { ...page, scripted: passkey !== undefined }, formTo);
}

/** Somebody is signed in, but must authenticate again. */
export const isAgain = ({ details }: Asking): boolean =>
  details.prompt.reasons.some((reason) => reason === 'login_prompt' || reason === 'max_age');

async function passkeyWay(visit: Visit, rpID: string, { challenges }: PromptDeps) {
  const { told, formToken } = visit;
  const options = await requestOptions(rpID, [], challenges.make(alonePurpose(visit)));
  const [failed, button] = [told.factor.passkeyFailed, told.factor.usePasskey];
  return passkeyForm(formToken, { asks: 'get', options, failed, does: 'passkey-alone', button, quiet: true });
}

/** The person that the app expects (OpenID Connect `login_hint`); it is not verified yet. */
export function hintOf({ details }: Asking): string {
  const hint = details.params['login_hint'];
  return typeof hint === 'string' && hint.length <= 256 ? hint : '';
}
