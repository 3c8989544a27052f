/** The worker role: goes over the table of jobs and does what is due. Any number may run. */
import { openAdmin } from '../http/admin.ts';
import { counter, gauge, openMetrics, type Measured } from '../kernel/metrics.ts';
import { databaseReady } from '../store/ready.ts';
import type { Address, RunningRole } from '../kernel/role.ts';
import { groundJobs } from '../operations/jobs.ts';
import type { Plane, WorkGround } from '../operations/plane.ts';
import type { Job } from '../store/job.ts';
import { claim, finish } from '../store/job-lease.ts';
import { openWorked, type ReadSettings } from './planes.ts';

type JobGround = Omit<WorkGround, 'purges'>;

export interface WorkerDeps extends JobGround {
  readonly planes: readonly Plane[];
  readonly read: ReadSettings;
}

export const workerMetrics = {
  runs: counter('tulou_worker_runs_total', 'Pieces of work done, by job and result.', ['job', 'result']),
  done: gauge('tulou_worker_last_success_timestamp_seconds', 'When a job last succeeded, Unix time.', ['job']),
} as const;

/** The period of the scan of the table; a job's own period is in its line. */
const tickMs = 5000;
const leaseMs = 10 * 60_000;
/** After a failure, so that a broken job does not run in a loop. */
const retryMs = 60_000;

/** Starts the worker. PostgreSQL may be away: it goes on when it is back. */
export async function startWorker(options: { readonly admin: Address }, deps: WorkerDeps): Promise<RunningRole> {
  const metrics = openMetrics();
  const measured = metrics.of(workerMetrics);
  const worked = await openWorked(deps, { ...deps, metrics });
  const table = [...groundJobs(deps), ...worked.jobs];
  const holder = Buffer.from(deps.random.bytes(8)).toString('hex');
  const ready = (): Promise<string | undefined> => databaseReady(deps.store, deps.clock);
  const admin = await openAdmin({ listen: options.admin, ready, metrics: metrics.render }, deps);
  let running = Promise.resolve();
  const timer = deps.clock.every(tickMs, () => (running = runDueJobs(deps, holder, measured, table)));
  return {
    urls: { admin: admin.url },
    stop: async () => {
      timer.cancel();
      await running;
      worked.stop();
      await admin.close();
    },
  };
}

/** Does one piece of every job that is due and free. Failures are logged and tried again later. */
export async function runDueJobs(
  deps: JobGround,
  holder: string,
  { runs, done }: Measured<typeof workerMetrics>,
  table: readonly Job[],
): Promise<void> {
  for (const job of table) {
    try {
      if (!(await runJob(job, deps, holder))) continue;
      runs.add([job.name, 'done']);
      done.set([job.name], deps.clock.now() / 1000);
    } catch (error) {
      runs.add([job.name, 'failed']);
      deps.log.warn({ job: job.name, cause: String(error) }, 'a job failed');
    }
  }
}

async function runJob(job: Job, deps: JobGround, holder: string): Promise<boolean> {
  const { store, clock } = deps;
  const now = (): Date => new Date(clock.now());
  const lease = await store.system('claim a job', (tx) => claim(tx, job.name, holder, now(), leaseMs));
  if (lease === undefined) return false;
  let mark = lease.mark;
  let delayMs = retryMs;
  try {
    const progress = await job.work(lease.mark);
    mark = progress.mark;
    delayMs = progress.more ? 0 : job.periodMs;
  } finally {
    await store.system('give a job back', (tx) => finish(tx, lease, now(), new Date(clock.now() + delayMs), mark));
  }
  return true;
}
