/**
 * Where a version may lead. A tenant may not point the gateway at the platform's own networks. Only literal addresses
 * and local names can be judged here; what a name resolves to is judged by the gateway at each connect.
 */
import { Problem, type Violation } from '@tulou/contract';
import { hostClass, type AllowedClass } from '../../http/address-guard.ts';

/**
 * Throws `invalid_request` for URLs that are none of ours, and `upstream_address_refused` for an address of a class that
 * the operator has not allowed.
 */
export function judgeUpstreams(
  upstreams: readonly { readonly url?: string | undefined }[],
  allow: readonly AllowedClass[],
): void {
  const violations = upstreams.flatMap(({ url }, i): Violation[] => {
    const message = url === undefined ? undefined : faultOf(url);
    return message === undefined ? [] : [{ pointer: `/upstreams/${i}/url`, message }];
  });
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
  for (const [i, { url }] of upstreams.entries()) {
    if (url === undefined) continue;
    const found = hostClass(new URL(url).hostname);
    if (found === undefined || allow.some((one) => one === found)) continue;
    const message = `leads to a ${found} address, which this platform does not forward to`;
    throw new Problem('upstream_address_refused', { violations: [{ pointer: `/upstreams/${i}/url`, message }] });
  }
}

function faultOf(text: string): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(text) || /[\s\\\x00-\x1f]/.test(text) || !URL.canParse(text)) {
    return 'must be a URL that begins with http:// or https://';
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
  if (text.includes('#')) return 'must not have a fragment';
  if (text.includes('?')) return 'must not have a query: that of the call is forwarded';
  return undefined;
}
