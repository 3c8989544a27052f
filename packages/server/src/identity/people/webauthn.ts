/** WebAuthn (level 3) on the side of the issuer: what browsers are asked, and whether what they answer holds. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { IssuerRef } from '../keys/keys.ts';
import type { Challenges } from './challenges.ts';
import type { Passkey } from './passkeys.ts';
import type { User } from './users.ts';

/** Passkeys belong to a host name: an issuer whose address is a number has none. Undefined: it is one. */
export function relyingParty({ issuer }: IssuerRef): string | undefined {
  const { hostname, protocol } = new URL(issuer);
  const isSecure = protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost');
  return isIP(hostname.replaceAll(/[[\]]/g, '')) === 0 && isSecure ? hostname : undefined;
}

type Transports = NonNullable<
  Parameters<typeof generateAuthenticationOptions>[0]['allowCredentials']
>[number]['transports'];

const named = ({ credentialId, transports }: Passkey) => ({ id: credentialId, transports: transports as Transports });

const bytesOf = (challenge: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(challenge, 'base64url'));

/** EdDSA, ES256, RS256 (COSE). */
const algorithms = [-8, -7, -257];

/** The options for a browser to create a passkey; a text for its script. */
export async function creationOptions(
  rpID: string,
  user: User,
  held: readonly Passkey[],
  challenge: string,
): Promise<string> {
  const options = await generateRegistrationOptions({
    rpName: rpID,
    rpID,
    userName: user.email,
    userDisplayName: user.name,
    userID: new Uint8Array(Buffer.from(user.id)),
    challenge: bytesOf(challenge),
    attestationType: 'none',
    excludeCredentials: held.map(named).map(({ id, transports }) => ({ id, ...(transports && { transports }) })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    supportedAlgorithmIDs: algorithms,
  });
  return JSON.stringify(options);
}

/** The options for a browser to request a passkey. `held` empty: any that the browser has, and it must verify the person (UV). */
export async function requestOptions(rpID: string, held: readonly Passkey[], challenge: string): Promise<string> {
  const options = await generateAuthenticationOptions({
    rpID,
    challenge: bytesOf(challenge),
    userVerification: held.length === 0 ? 'required' : 'preferred',
    allowCredentials: held.map(named).map(({ id, transports }) => ({ id, ...(transports && { transports }) })),
  });
  return JSON.stringify(options);
}

/** The answer of a browser, as far as it is read before it is verified. */
const answerShape = z.looseObject({
  id: z.string().min(1).max(1400),
  response: z.looseObject({
    clientDataJSON: z.string(),
    userHandle: z.string().optional(),
    transports: z.array(z.string().max(32)).max(10).optional(),
  }),
});
export type Answer = z.output<typeof answerShape>;

/** Undefined: it is none at all. */
export function readAnswer(text: string): Answer | undefined {
  try {
    return answerShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The values that the answer must match. */
export interface Expected {
  readonly issuer: IssuerRef;
  readonly rpID: string;
  readonly purpose: string;
  readonly challenges: Challenges;
}

export type Made = Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'transports'>;

/** The passkey that was made. Undefined: the answer is not right, or was given before. */
export async function verifyCreation(answer: Answer, expected: Expected): Promise<Made | undefined> {
  const heard: { challenge?: string } = {};
  const result = await quietly(() =>
    verifyRegistrationResponse({
      response: answer as unknown as RegistrationResponseJSON,
      expectedChallenge: listening(expected, heard),
      expectedOrigin: new URL(expected.issuer.issuer).origin,
      expectedRPID: expected.rpID,
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    }),
  );
  if (result?.verified !== true || !(await burn(heard, expected))) return undefined;
  const { id, publicKey, counter } = result.registrationInfo.credential;
  return { credentialId: id, publicKey, counter, transports: answer.response.transports ?? [] };
}

/** The counter that the passkey shows. Undefined: the answer is not its, not right, or was given before. */
export async function verifyRequest(
  answer: Answer,
  key: Passkey,
  expected: Expected & { readonly isOnlyFactor: boolean },
): Promise<number | undefined> {
  const heard: { challenge?: string } = {};
  const result = await quietly(() =>
    verifyAuthenticationResponse({
      response: answer as unknown as AuthenticationResponseJSON,
      expectedChallenge: listening(expected, heard),
      expectedOrigin: new URL(expected.issuer.issuer).origin,
      expectedRPID: expected.rpID,
      credential: { id: key.credentialId, publicKey: new Uint8Array(key.publicKey), counter: key.counter },
      requireUserVerification: expected.isOnlyFactor,
    }),
  );
  if (result?.verified !== true || !(await burn(heard, expected))) return undefined;
  return result.authenticationInfo.newCounter;
}

function listening({ challenges, purpose }: Expected, heard: { challenge?: string }): (challenge: string) => boolean {
  return (challenge) => {
    heard.challenge = challenge;
    return challenges.knows(challenge, purpose);
  };
}

const burn = ({ challenge }: { challenge?: string }, { challenges, issuer }: Expected): Promise<boolean> =>
  challenge === undefined ? Promise.resolve(false) : challenges.burn(issuer, challenge);

/** The library reports each fault of an answer by an exception; here, all of them mean that the answer is wrong. */
async function quietly<T>(verify: () => Promise<T>): Promise<T | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}
