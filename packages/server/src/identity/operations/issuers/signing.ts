/** What control has the identity server do with an issuer's keys, inside of the transaction of the change; wired by main.ts. */
import type { SystemTx } from '../../../store/store.ts';

interface Ref {
  /** Its URL. */
  readonly issuer: string;
  readonly tenantUuid: string;
}

export interface SigningKeyView {
  readonly kid: string;
  readonly state: 'next' | 'current' | 'previous' | 'removed';
  readonly changedAt: Date;
}

export interface Signing {
  /** Makes the keys that are missing. Where the issuer is active, gateways know it as it is now with the commit. */
  open(tx: SystemTx, issuer: Ref): Promise<void>;
  /** The next key signs. */
  rotate(tx: SystemTx, issuer: Ref): Promise<void>;
  /** False: there is no such key in use. */
  revoke(tx: SystemTx, issuer: Ref, kid: string): Promise<boolean>;
  /** Those that verify. */
  list(tx: SystemTx, tenantUuid: string): Promise<readonly SigningKeyView[]>;
  /** Deletes the keys, and all that the issuer keeps of its people's sign-ins. */
  close(tx: SystemTx, tenantUuid: string): Promise<void>;
}
