/** Who calls: the tenant in the assertion that the gateway signed. Headers next to it are not believed. */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { Refusal } from './refusal.ts';

export interface AssertionOptions {
  /** Issuer of assertions; its keys are under `/.well-known/tulou/assertion-keys.json`. */
  readonly platformUrl: string;
  /** `<provider>/<api>`: an assertion for another API is worth nothing here. */
  readonly audience: string;
}

const claims = z.object({ tenant: z.string().regex(/^ten_[0-9a-z]{26}$/) });

/** Gives the tenant of an assertion, or throws a 401; a 503 where the keys are not known and cannot be read. */
export type Verify = (assertion: string | undefined) => Promise<string>;

/** Keys are read once and again when one is met that is not known, so that calls go on while the platform is down. */
export function openVerifier({ platformUrl, audience }: AssertionOptions): Verify {
  const keys = createRemoteJWKSet(new URL('/.well-known/tulou/assertion-keys.json', platformUrl), {
    cacheMaxAge: 12 * 3600 * 1000,
    cooldownDuration: 2000,
    timeoutDuration: 3000,
  });
  return async (assertion) => {
    if (assertion === undefined) throw new Refusal(401, 'The call has no Tulou-Assertion: call through the gateway.');
    try {
      const { payload } = await jwtVerify(assertion, keys, {
        algorithms: ['EdDSA'],
        issuer: platformUrl,
        audience,
        requiredClaims: ['exp', 'iat'],
        maxTokenAge: 300,
        clockTolerance: 5,
      });
      return claims.parse(payload).tenant;
    } catch (error) {
      if (isAboutTheCall(error)) throw new Refusal(401, 'The Tulou-Assertion is not valid for this service.');
      throw new Refusal(503, undefined, { fields: { 'retry-after': '2' } });
    }
  };
}

function isAboutTheCall(error: unknown): boolean {
  if (error instanceof z.ZodError) return true;
  const aboutKeys =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC');
  return error instanceof errors.JOSEError && !aboutKeys;
}
