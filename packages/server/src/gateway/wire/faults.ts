/** Why an upstream gave no good answer, in the stable codes of `upstreamCauses`. */
import type { UpstreamCause } from '@tulou/contract/causes';
import { connectCause } from '../../http/connect-cause.ts';

/** Why an upstream gave no good answer. */
export interface Fault {
  readonly cause: UpstreamCause;
  /** Where it was found, in a few words that hold nothing of the message: `field line 3`. */
  readonly at?: string;
}

/** Why a connection could not be opened. `tls`: the socket was connected, and its handshake was under way. */
export const connectFault = (error: NodeJS.ErrnoException | undefined, tls: boolean): Fault => ({
  cause: connectCause(error, tls),
});
