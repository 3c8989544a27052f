/** One flood in a separate process: a fixed number of concurrent requests, as fast as they are answered, until it is ended. */
import { request } from 'node:http';
import { credentialWith, parseCredential } from '@tulou/contract';
import { openBrowser } from '../../packages/server/test/identity/browser.ts';

interface Plan {
  readonly kind: 'reads' | 'exports' | 'imports' | 'sign-ins' | 'wrong credentials';
  readonly platform: string;
  readonly tenant: string;
  readonly token: string;
  readonly atOnce: number;
}

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan;
const counts: Record<string, number> = {};
/** A large document, as YAML text. Each copy is refused or parsed, and both cost processor time. */
const large = JSON.stringify({
  name: 'v1',
  openapi: `openapi: 3.1.0\ninfo: {title: x, version: "1"}\npaths: {}\nx-large:\n${'  - one more line of text\n'.repeat(80_000)}`,
});

function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(`${plan.platform}${path}`, { method, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0)).end(body);
  });
}

const bearer = { authorization: `Bearer ${plan.token}` };
const at = `/api/v1/tenants/${plan.tenant}`;

async function openSignIn(): Promise<() => Promise<number>> {
  const browser = openBrowser(plan.platform);
  const page = await browser.open(`${plan.platform}/account`);
  return async () => {
    const email = `somebody-${Math.random()}@flood.test`;
    return (await browser.submit(page, { do: 'sign-in', email, password: 'not the right one' })).status;
  };
}

const kinds: Readonly<Record<Plan['kind'], () => Promise<() => Promise<number>>>> = {
  reads: async () => () => send('GET', `${at}/apis?limit=200`, bearer),
  exports: async () => () => send('GET', `${at}/export`, bearer),
  imports: async () => () =>
    send('POST', `${at}/apis/orders/versions`, { ...bearer, 'content-type': 'application/json' }, large),
  'sign-ins': openSignIn,
  'wrong credentials': async () => () => send('GET', `${at}/apis`, { authorization: `Bearer ${wrong(plan.token)}` }),
};

/** A token of the right form and checksum with a wrong secret: it has to be looked up. */
const wrong = (token: string): string =>
  credentialWith('member', parseCredential(token)?.id ?? '', crypto.getRandomValues(new Uint8Array(32)));

process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exit(0);
});
const one = await kinds[plan.kind]();
process.stdout.write('ready\n');
await Promise.all(
  Array.from({ length: plan.atOnce }, async () => {
    for (;;) {
      const status = await one();
      counts[status] = (counts[status] ?? 0) + 1;
    }
  }),
);
