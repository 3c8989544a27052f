/** Addresses under host names of tenants' own, on the same listener as the platform. */

/** The origin of a host name: scheme and port are the platform's, so that it is reached where the platform is. */
export function originOf(host: string, platformUrl: string): string {
  const url = new URL(platformUrl);
  url.hostname = host;
  return url.origin;
}

/** The name in a `Host` field (RFC 9112 §3.2), lower case, without its port; IPv6 literals keep their brackets. */
export function hostNameOf(field: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^\s:/@]+)(?::\d{1,5})?$/i.exec(field ?? '')?.[1]?.toLowerCase();
}
