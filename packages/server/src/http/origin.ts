/** Addresses under host names of tenants' own, on the same listener as the platform. */
import { hostClass } from './address-guard.ts';

/**
 * The origin of a host name: scheme and port are the platform's, so that it is reached where the platform is. The name is
 * not given to the URL parser: that parser ignores a name which it does not accept, and would answer with another origin.
 */
export function originOf(host: string, platformUrl: string): string {
  const { protocol, port } = new URL(platformUrl);
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}`;
}

/** Whether the name leads where its text says: the URL parser takes it as it is, and it is not the platform's. */
export function isOwnHost(host: string, platformUrl: string): boolean {
  const url = URL.parse(originOf(host, platformUrl));
  return url?.hostname === host && url.hostname !== new URL(platformUrl).hostname;
}

/** Whether the URL leads to this machine, or has a name that is kept for tests (RFC 6761): no name of the world means it. */
export function isPrivateName(platformUrl: string): boolean {
  const { hostname } = new URL(platformUrl);
  return hostClass(hostname) === 'loopback' || hostname.endsWith('.test');
}

/** The name in a `Host` field (RFC 9112 §3.2), lower case, without its port; IPv6 literals keep their brackets. */
export function hostNameOf(field: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^\s:/@]+)(?::\d{1,5})?$/i.exec(field ?? '')?.[1]?.toLowerCase();
}
