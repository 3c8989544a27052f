/** The caller: the tenant in the assertion that the gateway signed. Other header fields are not trusted. */
import { AssertionError, openAssertions, type AssertionOptions } from '@tulou/sdk/assertion';
import { Refusal } from './refusal.ts';

/** Gives the tenant of an assertion, or throws a 401; a 503 where the keys are not known and cannot be read. */
export type Verify = (assertion: string | undefined) => Promise<string>;

const tenantShape = /^ten_[0-9a-z]{26}$/;

export function openVerifier(options: Pick<AssertionOptions, 'platformUrl' | 'audience'>): Verify {
  const assertions = openAssertions(options);
  return async (assertion) => {
    const { tenant } = await assertions.verify(assertion).catch((error: unknown) => {
      if (!(error instanceof AssertionError)) throw error;
      if (error.status === 401) throw new Refusal(401, error.message);
      throw new Refusal(503, undefined, { fields: { 'retry-after': '2' } });
    });
    if (tenant === undefined || !tenantShape.test(tenant)) throw new Refusal(401, 'The call is made for no tenant.');
    return tenant;
  };
}
