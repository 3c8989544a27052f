/** An issuer: whose people sign in, where, and how its pages look. */
import type { IssuerRef } from '../keys/keys.ts';

export interface Issuer extends IssuerRef {
  /** On its pages. */
  readonly name: string;
  /** `#rrggbb`; undefined: the platform's own. */
  readonly accent: string | undefined;
  /** Defines who may become one of its people: anyone with an address, or only invited people. */
  readonly signUp: 'open' | 'invited';
}
