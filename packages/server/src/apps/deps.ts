import type { Deps } from '../operations/handler.ts';

export interface AppsDeps extends Deps {
  /** Derives the secrets of signing keys; every gateway has it (kernel/fleet-key.ts). */
  readonly fleetKey: Uint8Array;
}
