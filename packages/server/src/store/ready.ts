/** Whether a role that needs PostgreSQL is ready. */
import type { Clock } from '../kernel/clock.ts';
import type { Store } from './store.ts';

const answerTimeoutMs = 2000;

/** Undefined where PostgreSQL answers in time; else why the role is not ready. */
export function databaseReady(store: Store, clock: Clock): Promise<string | undefined> {
  const asked = store
    .lane('health')
    .system('is the database there', async ({ sql }) => void (await sql`select 1`))
    .then(
      () => undefined,
      () => 'the database cannot be reached',
    );
  return new Promise((resolve) => {
    const timer = clock.after(answerTimeoutMs, () => resolve('the database does not answer'));
    void asked.then((reason) => {
      timer.cancel();
      resolve(reason);
    });
  });
}
