/** The response headers of a page. */
import type { Locale } from '../people/users.ts';

interface Given {
  /** Where, besides ourselves, its forms may lead: ` https://app.example.com`. Browsers hold the redirects after a form to it too. */
  readonly formTo: string;
  /** Whether scripts of ours may run on it. */
  readonly scripted: boolean;
}

/** Beside what the listener says for every answer. */
export function pageHeaders(locale: Locale, { formTo, scripted }: Given): Readonly<Record<string, string>> {
  const script = scripted ? " script-src 'self';" : '';
  return {
    'content-security-policy': `default-src 'none'; style-src 'self';${script} form-action 'self'${formTo}; base-uri 'none'; frame-ancestors 'none'`,
    'content-type': 'text/html; charset=utf-8',
    'content-language': locale,
    vary: 'cookie, accept-language',
  };
}
