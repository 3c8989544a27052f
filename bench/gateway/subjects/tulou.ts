/** Tulou as anyone would run it: `tulou up`, configured through its control API; one thread of the gateway serves. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openControl } from '@tulou/example-quickstart/control.ts';
import { startPlatform } from '@tulou/example-quickstart/platform.ts';
import { findBelow } from '../../measure/process.ts';
import { answering, refusing, type Bench, type RunningSubject, type Subject } from './subject.ts';

export const tulou: Subject = {
  name: 'Tulou',
  does: 'key, two windows, headers, assertion, request id, trace, metering synced to disk; one gateway thread',
  start,
};

async function start(bench: Bench): Promise<RunningSubject> {
  const folder = join(bench.folder, 'tulou');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  process.env['TULOU_GATEWAY_THREADS'] = '1';
  const running = startPlatform([
    '--data',
    join(folder, 'data'),
    '--gateway',
    '127.0.0.1:0',
    '--platform',
    '127.0.0.1:0',
  ]);
  const platform = await running.ready;
  const gateway = findBelow(running.pid, /main\.ts gateway/);
  execFileSync('taskset', ['-apc', String(bench.otherCore), String(running.pid)], { stdio: 'ignore' });
  execFileSync('taskset', ['-apc', String(bench.subjectCore), String(gateway)], { stdio: 'ignore' });
  const token = (await readFile(join(platform.data, 'operator.token'), 'utf8')).trim();
  const credentials = (await publish(platform.platform, token, bench)).map((key) => `Bearer ${key}`);
  const url = `${platform.gateway}/acme/orders/v1${bench.path}`;
  await answering(url, { authorization: credentials.at(-1) ?? '' });
  await refusing(url);
  return { url, credentials, pids: () => [gateway], stop: () => running.stop() };
}

/** The same API, plan and number of keys as the Lua policies have; answers the keys. */
async function publish(platform: string, token: string, bench: Bench): Promise<string[]> {
  const control = openControl(platform, token);
  const openapi = await readFile(
    join(import.meta.dirname, '..', '..', '..', 'examples', 'orders', 'openapi.yaml'),
    'utf8',
  );
  await control.send('POST', '/tenants', { slug: 'acme', name: 'Acme' });
  await control.send('POST', '/tenants', { slug: 'globex', name: 'Globex' });
  await control.send('POST', '/tenants/acme/apis', { slug: 'orders', name: 'Orders' });
  const upstreams = [{ url: `http://${bench.upstream.host}:${bench.upstream.port}` }];
  await control.send('POST', '/tenants/acme/apis/orders/versions', {
    name: 'v1',
    openapi,
    upstreams,
    access: 'key',
    state: 'live',
  });
  const limits = [
    { requests: 1_000_000_000, per: 'minute' },
    { requests: 1_000_000_000, per: 'day' },
  ];
  await control.send('POST', '/tenants/acme/apis/orders/plans', { slug: 'standard', limits, approval: 'auto' });
  await control.send('POST', '/tenants/globex/apps', { slug: 'storefront', name: 'Storefront' });
  await control.send('POST', '/tenants/globex/subscriptions', {
    app: 'storefront',
    api: 'acme/orders',
    plan: 'standard',
  });
  const keys: string[] = [];
  for (let n = 0; n < bench.keys; n += 1) {
    const { body } = await control.send('POST', '/tenants/globex/apps/storefront/keys', { environment: 'live' });
    keys.push(String(body['key']));
  }
  return keys;
}
