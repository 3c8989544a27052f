/** Refusals of admission: their pace, and the metrics and log of how many were admitted and refused, how many wait, and for how long. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { counter, gauge, histogram, type Measured } from '../kernel/metrics.ts';
import type { LaneEvents } from './lanes.ts';
import { Refusal } from './refusal.ts';
import { Spacing } from './spacing.ts';

export const admissionMetrics = {
  admitted: counter('tulou_admission_admitted_total', 'Requests admitted to work, by class.', ['class']),
  refused: counter('tulou_admission_refused_total', 'Requests refused before work, by class and reason.', [
    'class',
    'reason',
  ]),
  waiting: gauge('tulou_admission_waiting', 'Requests in the queue, by class.', ['class']),
  wait: histogram('tulou_admission_wait_seconds', 'Time in the queue until admission, by class.', ['class']),
} as const;

export interface Admissions {
  /** The events of the queue of this class. */
  events(name: string): LaneEvents;
  /** Counts a refusal, and resolves when it may be sent to this network. Another error is sent immediately. */
  refused(name: string, error: unknown, network: string): Promise<void>;
}

/** A flood must not fill the log: one line in so long says how many there were. */
const lineMs = 10_000;

const spacing = { perSecond: 20, burst: 20, delayMsMax: 2000, waitingMax: 2000, keysMax: 10_000 } as const;

export function openAdmissions(
  { admitted, refused, waiting, wait }: Measured<typeof admissionMetrics>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Admissions {
  const turns = new Spacing(spacing, clock);
  const since = new Map<string, { count: number; saidMs: number }>();
  const count = (name: string, reason: string): void => {
    refused.add([name, reason]);
    const one = since.get(name) ?? { count: 0, saidMs: -Infinity };
    since.set(name, one);
    one.count += 1;
    if (clock.monotonic() - one.saidMs < lineMs) return;
    log.info({ class: name, reason, refused: one.count }, 'requests are refused');
    one.count = 0;
    one.saidMs = clock.monotonic();
  };
  return {
    events: (name) => ({
      admitted: (waitedMs) => {
        admitted.add([name]);
        wait.observe([name], waitedMs / 1000);
      },
      waiting: (count) => waiting.set([name], count),
      refused: (reason) => count(name, reason),
    }),
    async refused(name, error, network) {
      if (!(error instanceof Refusal) || error.code === 'unavailable') return;
      if (error.code === 'too_many_requests') count(name, error.code);
      await turns.turn(network);
    },
  };
}
