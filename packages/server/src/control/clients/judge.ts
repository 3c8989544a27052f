/** Which clients there may be: how one authenticates, what it may ask for, and where answers may be sent. Pure. */
import { createPublicKey } from 'node:crypto';
import { Problem, type Output, type Violation } from '@tulou/contract';
import type { clients } from '@tulou/contract/operations/clients';

type View = Output<typeof clients.get>;

export interface ClientFacts {
  readonly authentication: View['authentication'];
  readonly grant_types: readonly View['grant_types'][number][];
  readonly redirect_uris: readonly string[];
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | null;
}

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';

interface Rule {
  readonly pointer: string;
  readonly broken: (client: ClientFacts) => boolean;
  readonly message: string;
}

const rules: readonly Rule[] = [
  {
    // RFC 6749 §4.4: whoever can't prove who it is would be anyone.
    pointer: '/grant_types',
    broken: ({ authentication, grant_types }) =>
      authentication === 'none' && grant_types.includes('client_credentials'),
    message: 'a client without authentication can’t use client_credentials',
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
];

/** Throws `invalid_request` with all that is wrong. */
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
