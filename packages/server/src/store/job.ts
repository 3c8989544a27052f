/** Background jobs: what a job is. One worker at a time comes to do it (store/job-lease.ts). */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Store } from './store.ts';

export interface JobDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** One bounded piece of work. It may be done twice without harm: a lease can be outlived. `mark`: kept from the last time. */
export type Work<D = JobDeps> = (deps: D, mark: number) => Promise<Progress>;

export interface Progress {
  /** Kept for the next time. */
  readonly mark: number;
  /** There is more to do immediately. */
  readonly more: boolean;
}

/** A line of a plane's table of jobs. */
export interface Job {
  readonly name: string;
  readonly periodMs: number;
  readonly work: (mark: number) => Promise<Progress>;
}

/** A job with its dependencies. */
export const job = <D>(name: string, periodMs: number, work: Work<D>, deps: D): Job => ({
  name,
  periodMs,
  work: (mark) => work(deps, mark),
});

const seconds = 1000;
const minutes = 60 * seconds;
export const every = { seconds, minutes, hours: 60 * minutes, days: 24 * 60 * minutes } as const;
