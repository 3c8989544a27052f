/** Which language a visitor reads: what they have just chosen, what they chose before, what their browser says. */
import type { IncomingMessage } from 'node:http';
import type { Locale } from '../people/users.ts';
import { acceptedLanguage } from '@tulou/contract';

export interface Language {
  readonly locale: Locale;
  /** The field that keeps the choice (`Set-Cookie`), if this request made one. */
  readonly cookie: string | undefined;
}

const yearSeconds = 365 * 24 * 3600;

export function languageOf({ url = '', headers }: IncomingMessage, issuer: string): Language {
  const secure = issuer.startsWith('https:');
  const name = secure ? '__Host-tulou_lang' : 'tulou_lang';
  const mark = url.indexOf('?');
  const chosen = new URLSearchParams(mark === -1 ? '' : url.slice(mark)).get('lang');
  if (isLocale(chosen)) {
    const attributes = `Path=/; Max-Age=${yearSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
    return { locale: chosen, cookie: `${name}=${chosen}; ${attributes}` };
  }
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const kept = pairs.find(([key]) => key === name)?.[1];
  return { locale: isLocale(kept) ? kept : acceptedLanguage(headers['accept-language']), cookie: undefined };
}

const isLocale = (text: string | null | undefined): text is Locale => text === 'en' || text === 'zh-CN';
