/** Imported into a gateway and all its threads: at `SIGVTALRM` one of the threads runs an endless loop. */
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const channel = new BroadcastChannel('hang');
channel.unref();
if (isMainThread) {
  let threads = 0;
  process.on('worker', () => (threads += 1));
  process.on('SIGVTALRM', () => channel.postMessage(threads));
} else {
  const { threadId } = await import('node:worker_threads');
  channel.addEventListener('message', () => {
    if (threadId % 2 === 1) for (;;);
  });
}
