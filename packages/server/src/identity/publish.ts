/** What identity needs from whoever keeps the snapshot: an object that is in it from this transaction's commit on. */
import type { SnapshotObject } from '@tulou/contract';
import type { SystemTx } from '../store/store.ts';

export type Publish = (tx: SystemTx, object: SnapshotObject) => void;

/** The owner of rows and objects that belong to the platform itself. */
export const nilTenant = '00000000-0000-0000-0000-000000000000';
