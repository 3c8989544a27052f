/**
 * The sites of gateway and platform. Cookies know no port, and names below one registrable domain can set cookies for each other:
 * an upstream behind the gateway could plant or receive cookies of sign-in. In production the two are different sites.
 */
import { getDomain } from 'tldts';
import { hostClass } from '../http/address-guard.ts';
import { OperatorError } from '../kernel/operator-error.ts';

export interface Sites {
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  /** `TULOU_UNSAFE_ONE_SITE`. */
  readonly oneSite: boolean;
}

/** Throws an OperatorError where a browser counts both as one site, unless both are reached on this machine only. */
export function checkSites({ platformUrl, gatewayUrl, oneSite }: Sites): void {
  const [platform, gateway] = [new URL(platformUrl).hostname, new URL(gatewayUrl).hostname];
  if (oneSite || siteOf(platform) !== siteOf(gateway) || (isLocal(platform) && isLocal(gateway))) return;
  throw new OperatorError(
    'one_site',
    `The gateway (${gateway}) and the platform (${platform}) are one site (${siteOf(platform)}): services behind the gateway could set cookies of sign-in.`,
    {
      remedy:
        'Give the gateway a name under another registrable domain (TULOU_GATEWAY_URL), or accept the risk with TULOU_UNSAFE_ONE_SITE=true.',
    },
  );
}

/** The registrable domain by the Public Suffix List, private part included; a name without one, or an address, is its own site. */
const siteOf = (hostname: string): string => getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;

const isLocal = (hostname: string): boolean => hostClass(hostname) === 'loopback' || hostname.endsWith('.test');
