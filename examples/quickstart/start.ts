/**
 * `npm start`: the platform, a published example service, a developer with access, and a command line that calls it. Flags
 * are those of `tulou up` (`--data`, `--gateway`, `--platform`). Ctrl-C stops everything; the data is kept.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOrders, type RunningService } from '@tulou/example-orders/src/service.ts';
import { openControl } from './control.ts';
import { PlatformError, startPlatform, type Platform, type PlatformProcess } from './platform.ts';
import { provision } from './provision.ts';

/** State for the next start: `quickstart.json` in the data directory, readable by its owner only. */
interface Kept {
  readonly key?: string;
  readonly ordersPort?: number;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const step = (what: string, detail: string): void => say(`  ${what.padEnd(10)} ${detail}`);
const liveMs = 20_000;

async function run(stack: (() => Promise<void>)[]): Promise<PlatformProcess> {
  say('Tulou quickstart. The first start takes a few seconds longer.\n');
  const started = startPlatform(process.argv.slice(2));
  stack.push(() => started.stop());
  const platform = await started.ready;
  step('platform', `${platform.platform}, data in ${platform.data}`);
  step('gateway', platform.gateway);
  const file = join(platform.data, 'quickstart.json');
  const kept = await readKept(file);
  const orders = await serveOrders(platform, kept.ordersPort);
  stack.push(() => orders.stop());
  step('orders', `${orders.url} (examples/orders)`);
  const token = (await readFile(join(platform.data, 'operator.token'), 'utf8')).trim();
  const openapi = await readFile(join(import.meta.dirname, '..', 'orders', 'openapi.yaml'), 'utf8');
  const { key, done } = await provision(openControl(platform.platform, token), {
    upstream: orders.url,
    openapi,
    key: kept.key,
  });
  for (const what of done) step('made', what);
  await writeFile(file, `${JSON.stringify({ key, ordersPort: Number(new URL(orders.url).port) })}\n`, { mode: 0o600 });
  await live(platform, key);
  farewell(platform, key);
  return started;
}

async function readKept(file: string): Promise<Kept> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept;
  } catch {
    return {};
  }
}

/** On the port of the last start if it is free, so that nothing has to be changed. */
async function serveOrders(platform: Platform, port = 0): Promise<RunningService> {
  const options = {
    host: '127.0.0.1',
    folder: join(platform.data, 'orders'),
    platformUrl: platform.platform,
    audience: 'acme/orders',
  };
  try {
    return await startOrders({ ...options, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startOrders({ ...options, port: 0 });
  }
}

/** Waits until the gateway has heard of it all; a first order shows that it has. */
async function live(platform: Platform, key: string): Promise<void> {
  const url = `${platform.gateway}/acme/orders/v1/orders`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const until = Date.now() + liveMs;
  for (;;) {
    const response = await fetch(url, { headers });
    const text = await response.text();
    if (response.status === 200) {
      const empty = (JSON.parse(text) as { items: unknown[] }).items.length === 0;
      const order = { currency: 'EUR', reference: 'first', lines: [{ sku: 'tea-100', quantity: 2, unit_price: 450 }] };
      if (empty) await fetch(url, { method: 'POST', headers, body: JSON.stringify(order) });
      return;
    }
    if (response.status === 429) return;
    if (Date.now() > until)
      throw new Error(`The gateway does not serve the API: ${url} answers ${response.status}: ${text.trim()}`);
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

function farewell(platform: Platform, key: string): void {
  say(`
Ready.

  Gateway    ${platform.gateway}/acme/orders/v1/
  Platform   ${platform.platform}
  Token      ${join(platform.data, 'operator.token')}   (the operator's)

Call the API, as the developer globex (100 calls a minute):

  curl -i ${platform.gateway}/acme/orders/v1/orders -H 'Authorization: Bearer ${key}'

Ctrl-C stops everything; the data stays.`);
}

const stack: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;
const stopAll = (): Promise<void> =>
  (stopping ??= (async () => {
    for (const stop of stack.splice(0).toReversed()) await stop();
  })());

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping !== undefined) process.exit(1);
    void stopAll().then(() => process.exit(0));
  });
}

try {
  const { ended } = await run(stack);
  await ended;
  if (stopping === undefined) throw new PlatformError('The platform has ended by itself; what it said is above.');
} catch (error) {
  if (stopping === undefined) {
    process.stderr.write(`\nnpm start: ${error instanceof Error ? error.message : String(error)}\n`);
    await stopAll();
    process.exit(1);
  }
}
