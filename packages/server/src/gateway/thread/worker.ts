/** Entry of a worker thread: only the wiring. */
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../kernel/assert.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { systemRandom } from '../../kernel/random.ts';
import type { FromThread, ThreadSetup, ToThread } from './messages.ts';
import { beatEveryMs, Heartbeat } from './heartbeat.ts';
import { ServingThread } from './serve.ts';

const port = must(parentPort, 'this file is the entry of a worker thread');
const tell = (message: FromThread): void => port.postMessage(message);

/** Lines go to the main thread, which has the only log of the process. */
function logTo(bound: object): Log {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void =>
      tell({ type: 'log', level, fields: { ...bound, ...fields }, message });
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (more) => logTo({ ...bound, ...more }),
  };
}

const setup = workerData as ThreadSetup;
const heartbeat = new Heartbeat(setup.heartbeat);
const thread = new ServingThread(setup, {
  clock: systemClock,
  random: systemRandom,
  log: logTo({ thread: setup.place }),
  tell,
  beat: () => heartbeat.beat(),
});
systemClock.every(beatEveryMs, () => heartbeat.beat());
let last = Promise.resolve();
port.on('message', (message: ToThread) => {
  // Configuration is applied immediately; other messages wait for each other.
  if (message.type === 'snapshot' || message.type === 'taken') void thread.take(message);
  else last = last.then(() => thread.take(message));
});
