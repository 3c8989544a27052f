/** Follows the desired state of control, and keeps the last good one on disk for the time when control is away. */
import { desiredState, type DesiredState } from '@tulou/contract/hosting';
import { sleep, type Clock } from '../clock.ts';
import type { ControlClient } from './client.ts';
import { readState, writeState } from './state-file.ts';

export interface Feed {
  /** Settles when the first state has been applied, from disk or from control. */
  readonly first: Promise<void>;
  stop(): Promise<void>;
}

interface FeedParts {
  readonly clock: Clock;
  readonly client: ControlClient;
  readonly path: string;
  readonly apply: (desired: DesiredState) => void;
  readonly failed: (error: unknown) => void;
}

const retryFirstMs = 200;
const retryMsMax = 5000;

export function openFeed(parts: FeedParts): Feed {
  const stopped = new AbortController();
  const first = Promise.withResolvers<void>();
  const following = follow(parts, stopped.signal, first.resolve);
  return {
    first: first.promise,
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

async function follow(
  { clock, client, path, apply, failed }: FeedParts,
  stopped: AbortSignal,
  applied: () => void,
): Promise<void> {
  let version: string | undefined;
  const kept = await readState(path, desiredState);
  if (kept !== undefined) {
    apply(kept);
    applied();
  }
  for (let failures = 0; !stopped.aborted;) {
    try {
      const desired = await client.desired(version, stopped);
      failures = 0;
      if (desired.version === version) continue;
      apply(desired);
      applied();
      version = desired.version;
      await writeState(path, desired);
    } catch (error) {
      if (stopped.aborted) return;
      if (failures === 0) failed(error);
      failures += 1;
      await sleep(clock, Math.min(retryMsMax, retryFirstMs * 2 ** failures));
    }
  }
}
