import type { Offers } from '../operations/offers.ts';
import type { Deps } from '../operations/handler.ts';

export interface AppsDeps extends Deps, Pick<Offers, 'mailMembers'> {
  /** Derives the secrets of signing keys; every gateway has it (kernel/fleet-key.ts). */
  readonly fleetKey: Uint8Array;
}
