/** THE TABLE of the worker: every kind of job, and how often it is due. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Store, SystemTx } from './store.ts';
import { expireArtifacts } from '../identity/artifacts/expire.ts';
import { expireDenials } from '../snapshot/expire-denials.ts';
import { expireEvents } from '../events/expire.ts';
import { expireIdempotency } from '../operations/expire-idempotency.ts';
import { expireMails } from '../identity/mail/expire.ts';
import { expireSignIns } from '../identity/people/expire-sign-ins.ts';
import { expireUsage } from '../usage/expire.ts';
import { forgetTenants } from '../tenants/tenants/forget.ts';
import type { Mailer } from '../identity/mail/mailer.ts';
import { pruneSnapshot } from '../snapshot/prune.ts';
import { purgeTenants } from '../tenants/tenants/purge.ts';
import { sendMails } from '../identity/mail/deliver.ts';

export interface JobDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: no mail server is set. */
  readonly mailer?: Mailer;
}

/** Revokes what a tenant has installed, as the developers of the apps have it, and tells them. */
export type EndInstalled = (tx: SystemTx, installerUuid: string) => Promise<void>;

export interface AllJobsDeps extends JobDeps {
  readonly endInstalled: EndInstalled;
}

/** One bounded piece of work. What it does may be done twice without harm: a lease can be outlived. */
export type Work<Deps = JobDeps> = (deps: Deps, mark: number) => Promise<Progress>;

export interface Progress {
  /** Kept for the next time. */
  readonly mark: number;
  /** There is more to do at once. */
  readonly more: boolean;
}

export interface Job {
  readonly name: string;
  readonly periodMs: number;
  readonly work: Work<AllJobsDeps>;
}

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

// oxfmt-ignore
export const jobs: readonly Job[] = [
  { name: 'send-mails',         periodMs: 2 * seconds,     work: sendMails },
  { name: 'expire-idempotency', periodMs: 10 * minutes,    work: expireIdempotency },
  { name: 'expire-artifacts',   periodMs: 10 * minutes,    work: expireArtifacts },
  { name: 'purge-tenants',      periodMs: 10 * minutes,    work: purgeTenants },
  { name: 'forget-tenants',     periodMs: 24 * hours,      work: forgetTenants },
  { name: 'prune-snapshot',     periodMs: 7 * 24 * hours,  work: pruneSnapshot },
  { name: 'expire-denials',     periodMs: 10 * minutes,    work: expireDenials },
  { name: 'expire-events',      periodMs: 60 * minutes,    work: expireEvents },
  { name: 'expire-mails',       periodMs: 60 * minutes,    work: expireMails },
  { name: 'expire-sign-ins',    periodMs: 60 * minutes,    work: expireSignIns },
  { name: 'expire-usage',       periodMs: 24 * hours,      work: expireUsage },
];
