/** A minimal browser: follows redirects, keeps cookies by path, fills in forms. */
import { sendBare } from './bare.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Browser {
  /** Opens the URL and follows redirects to a page or an address outside of the issuer. */
  open(url: string): Promise<Page>;
  /** The cookies that it would send there, for other clients. */
  cookies(path: string): string;
  /** Sends the page's first form, its hidden fields and these. */
  submit(page: Page, fields?: Readonly<Record<string, string>>): Promise<Page>;
}

export interface BrowserOptions {
  /** Where the issuer is reached, where its own address has no port of this machine. */
  readonly at?: string;
  readonly language?: string;
}

export function openBrowser(issuer: string, { at, language }: BrowserOptions = {}): Browser {
  const jar = new Map<string, Cookie>();
  const keep = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const equals = pair.indexOf('=');
      const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
      const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
      if (value === '') jar.delete(`${name} ${path}`);
      else jar.set(`${name} ${path}`, { name, value, path });
    }
  };
  const cookiesFor = (path: string): string =>
    [...jar.values()]
      .filter((one) => path === one.path || path.startsWith(one.path.endsWith('/') ? one.path : `${one.path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  const follow = async (url: string, body?: string): Promise<Page> => {
    if (!url.startsWith(issuer)) return { url, status: 0, headers: new Headers(), text: '' };
    const { origin, host, pathname, search } = new URL(url);
    const spoken = language === undefined ? {} : { 'accept-language': language };
    const sent = { accept: 'text/html', cookie: cookiesFor(pathname), host, ...spoken };
    const { status, headers, location, text } = await sendBare(at ?? origin, pathname + search, sent, body);
    keep(headers);
    if (location !== undefined) return follow(new URL(location, url).href);
    return { url, status, headers, text };
  };
  return {
    open: (url) => follow(url),
    cookies: cookiesFor,
    submit(page, fields = {}) {
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
      const body = new URLSearchParams(fields);
      for (const [, name = '', value = ''] of hidden) if (!(name in fields)) body.append(name, value);
      return follow(new URL(action, page.url).href, body.toString());
    },
  };
}
