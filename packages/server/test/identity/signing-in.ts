/** A person at the pages of an issuer, with the least that a browser does. */
import type { Browser, Page } from './browser.ts';

/** Goes there, signs in where asked, agrees to all that is asked; where they are sent in the end, or the last page. */
export async function signInAt(browser: Browser, url: string, email: string, password: string): Promise<Page> {
  let page = await browser.open(url);
  for (let steps = 0; page.status === 200 && steps < stepsMax; steps += 1) {
    if (page.text.includes('type="password"')) page = await browser.submit(page, { do: 'sign-in', email, password });
    else if (page.text.includes('value="allow"')) page = await browser.submit(page, { do: 'allow' });
    else return page;
  }
  return page;
}

const stepsMax = 4;
