import type { Deps } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { Prove } from './domains/prober.ts';
import type { Signing } from './issuers/signing.ts';

/** The dependencies of identity's operations, besides the common ones. */
export interface IdentityDeps extends Deps, Pick<Offers, 'releaseMembers'> {
  /** Seals what the database keeps and must not show; opening needs the same `context`. */
  readonly seal: (plain: string, context: string) => Uint8Array;
  readonly signing: Signing;
  readonly prove: Prove;
}
