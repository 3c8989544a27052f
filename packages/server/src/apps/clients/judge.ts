/** The rules for clients: their authentication, their grant types and scopes, and their redirect URIs. Pure. */
import { createPublicKey } from 'node:crypto';
import { Problem, type Output, type Violation } from '@tulou/contract';
import type { clients } from '@tulou/contract/operations/clients';

type View = Output<typeof clients.get>;

export interface ClientFacts {
  readonly authentication: View['authentication'];
  readonly grant_types: readonly View['grant_types'][number][];
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly backchannel_logout_uri: string | null;
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | null;
  readonly tls_subject: string | null;
  readonly dpop_bound: boolean;
  readonly certificate_bound: boolean;
  readonly pkce: View['pkce'];
}

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

interface Rule {
  readonly pointer: string;
  readonly broken: (client: ClientFacts) => boolean;
  readonly message: string;
}

const rules: readonly Rule[] = [
  {
    // RFC 9700 §2.1.1: for a client without a secret, only PKCE binds the code to it.
    pointer: '/pkce',
    broken: ({ authentication, pkce }) => authentication === 'none' && pkce === 'optional',
    message: 'a client without authentication needs PKCE',
  },
  {
    // RFC 6749 §4.4: without authentication, any program could get tokens of this client.
    pointer: '/grant_types',
    broken: ({ authentication, grant_types }) =>
      authentication === 'none' && grant_types.includes('client_credentials'),
    message: 'a client without authentication can’t use client_credentials',
  },
  {
    // RFC 8693 §5: without authentication, any program that gets a token could exchange it.
    pointer: '/grant_types',
    broken: ({ authentication, grant_types }) => authentication === 'none' && grant_types.includes(tokenExchange),
    message: `a client without authentication can’t use ${tokenExchange}`,
  },
  {
    pointer: '/grant_types',
    broken: ({ grant_types }) =>
      grant_types.includes('refresh_token') &&
      !grant_types.includes('authorization_code') &&
      !grant_types.includes(deviceCode),
    message: `refresh_token goes with authorization_code or ${deviceCode}`,
  },
  {
    pointer: '/redirect_uris',
    broken: ({ grant_types, redirect_uris }) =>
      grant_types.includes('authorization_code') && redirect_uris.length === 0,
    message: 'authorization_code needs at least one',
  },
  {
    pointer: '/jwks',
    broken: ({ authentication, jwks }) => (authentication === 'private_key_jwt') !== (jwks !== null),
    message: 'needed with private_key_jwt, and only there',
  },
  {
    pointer: '/tls_subject',
    broken: ({ authentication, tls_subject }) => (authentication === 'tls_client_auth') !== (tls_subject !== null),
    message: 'needed with tls_client_auth, and only there',
  },
  {
    pointer: '/certificate_bound',
    broken: ({ authentication, certificate_bound }) => certificate_bound && authentication !== 'tls_client_auth',
    message: 'goes with tls_client_auth only: the others present no certificate',
  },
  {
    pointer: '/certificate_bound',
    broken: ({ dpop_bound, certificate_bound }) => dpop_bound && certificate_bound,
    message: 'a token is bound to one key: either by dpop_bound or by certificate_bound',
  },
  {
    pointer: '/backchannel_logout_uri',
    broken: ({ grant_types, backchannel_logout_uri }) => backchannel_logout_uri !== null && !signsPeopleIn(grant_types),
    message: 'goes with a grant type in which people sign in',
  },
  {
    pointer: '/post_logout_redirect_uris',
    broken: ({ grant_types, post_logout_redirect_uris }) =>
      post_logout_redirect_uris.length > 0 && !signsPeopleIn(grant_types),
    message: 'goes with a grant type in which people sign in',
  },
];

const signsPeopleIn = (grants: ClientFacts['grant_types']): boolean =>
  grants.includes('authorization_code') || grants.includes(deviceCode);

/** Throws `invalid_request` with all violations. */
export function judgeClient(client: ClientFacts): void {
  const violations: Violation[] = [
    ...rules.filter(({ broken }) => broken(client)).map(({ pointer, message }) => ({ pointer, message })),
    ...(client.jwks?.keys ?? []).flatMap((key, index) => {
      const message = faultOf(key);
      return message === undefined ? [] : [{ pointer: `/jwks/keys/${index}`, message }];
    }),
  ];
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
}

/** Members of a JWK that are secret (RFC 7518 §6.2.2, §6.3.2, §6.4). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const rsaBitsMin = 2048;

function faultOf(jwk: Record<string, unknown>): string | undefined {
  if (secretMembers.some((member) => member in jwk)) return 'only the public part; keep the private key to yourself';
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType === 'ed25519') return undefined;
    if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return undefined;
    if (key.asymmetricKeyType === 'rsa' && modulusLength >= rsaBitsMin) return undefined;
  } catch {
    return 'not a public key (RFC 7517)';
  }
  return `P-256, Ed25519, or RSA of at least ${rsaBitsMin} bits`;
}
