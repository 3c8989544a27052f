/**
 * Paced traffic through a gateway, in a process of its own. Argument: JSON of `Traffic`. Ends at SIGTERM with one line of
 * JSON: calls, and those that did not answer 200, by what they answered.
 */
import { Agent, get } from 'node:http';

export interface Traffic {
  readonly urls: readonly string[];
  readonly keys: readonly string[];
  readonly perSecond: number;
}

const { urls, keys, perSecond } = JSON.parse(process.argv[2] ?? '') as Traffic;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const failed: Record<string, number> = {};
let sent = 0;
let open = 0;
const start = performance.now();

function call(n: number): void {
  const authorization = `Bearer ${keys[n % keys.length] ?? ''}`;
  open += 1;
  const ended = (what: string): void => {
    open -= 1;
    if (what !== '200') failed[what] = (failed[what] ?? 0) + 1;
  };
  get(urls[n % urls.length] ?? '', { agent, headers: { authorization } }, (response) => {
    response.resume();
    response.once('end', () => ended(String(response.statusCode)));
  }).once('error', (error: NodeJS.ErrnoException) => ended(error.code ?? error.message));
}

const pace = setInterval(() => {
  const due = Math.floor(((performance.now() - start) / 1000) * perSecond);
  for (; sent < due; sent += 1) call(sent);
}, 5);

// The process that started this one has ended, so no one reads the answer.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => {
  clearInterval(pace);
  const wait = setInterval(() => {
    if (open > 0) return;
    clearInterval(wait);
    process.stdout.write(`${JSON.stringify({ calls: sent, failed })}\n`);
    process.exit(0);
  }, 5);
});
