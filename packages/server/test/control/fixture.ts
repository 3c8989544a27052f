/** A running control role over a fresh database, and the smallest client that speaks to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCredential, type CallBatch, type CallRecord, type CallsLeftOut } from '@tulou/contract';
import { startControl, type ControlOptions } from '../../src/roles/control.ts';
import { systemClock, type Clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { readSettings, type Environment } from '../../src/kernel/settings.ts';
import type { Plane } from '../../src/operations/plane.ts';
import { planes } from '../../src/planes.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';
import { masterKey, platformUrl } from './people.ts';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; tests say what they expect in it. */
  readonly body: T;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export type Client = <T = Record<string, unknown>>(
  method: string,
  path: string,
  options?: CallOptions,
) => Promise<Answer<T>>;

export interface TestControl {
  readonly database: TestDatabase;
  /** The folder of artifacts. */
  readonly artifacts: string;
  readonly url: string;
  readonly adminUrl: string;
  readonly operator: string;
  readonly node: string;
  /** Calls under `/api/v1`; as the operator unless a token is given. */
  readonly call: Client;
  /** A tenant with one member of each given role, and a token of each. */
  makeTenant(slug: string): Promise<TestTenant>;
  /** Reports records of calls, as a gateway does; the status of the answer. */
  reportCalls(calls: readonly CallRecord[], leftOut?: readonly CallsLeftOut[]): Promise<number>;
  stop(): Promise<void>;
}

export type TestRole = 'owner' | 'admin' | 'developer' | 'viewer';

export interface TestTenant {
  readonly id: string;
  readonly slug: string;
  readonly members: Readonly<Record<TestRole, string>>;
  readonly tokens: Readonly<Record<TestRole, string>>;
}

export const testRoles: readonly TestRole[] = ['owner', 'admin', 'developer', 'viewer'];
/** The folder of artifacts is in the system's own one for temporary files; each control has one. */
const openArtifacts = (): Promise<string> => mkdtemp(join(tmpdir(), 'tulou-artifacts-'));
const nil = '00000000-0000-0000-0000-000000000000';

/** One test sends from one address, as one tenant, what a thousand users do. */
const unlimited: Environment = {
  TULOU_API_REQUESTS_PER_SECOND: '1000000',
  TULOU_FAILED_CREDENTIALS_PER_SECOND: '1000000',
  TULOU_IDENTITY_REQUESTS_PER_SECOND: '1000000',
};

/** Starts control on free ports of 127.0.0.1, over a fresh database where none is given. */
export async function startTestControl(
  clock: Clock = systemClock,
  given?: TestDatabase,
  upstreamAllow: ControlOptions['upstreamAllow'] = ['loopback'],
  planesOf: readonly Plane[] = planes,
  environment: Environment = {},
  more: { readonly unprovenHosts?: boolean } = {},
): Promise<TestControl> {
  const database = given ?? (await openTestDatabase());
  const artifacts = await openArtifacts();
  const operator = formatCredential('operator', nil, systemRandom.bytes(8), systemRandom.bytes(32));
  const node = formatCredential('node', nil, systemRandom.bytes(8), systemRandom.bytes(32));
  const options: ControlOptions = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    platformUrl,
    gatewayUrl: 'http://gateway.test',
    masterKey,
    nodeToken: node,
    operatorToken: operator,
    upstreamAllow,
    trustedProxies: [],
    unprovenHosts: more.unprovenHosts,
  };
  const log = openLog('control', 'silent');
  const role = await startControl(options, {
    store: database.store,
    clock,
    random: systemRandom,
    log,
    planes: planesOf,
    read: (table) => readSettings(table, {}, { ...unlimited, TULOU_ARTIFACTS: artifacts, ...environment }),
  });
  const url = role.urls['platform'] ?? '';
  const call = clientOf(`${url}/api/v1`, operator);
  return {
    database,
    artifacts,
    url,
    adminUrl: role.urls['admin'] ?? '',
    operator,
    node,
    call,
    makeTenant: (slug) => makeTenant(call, slug),
    reportCalls: (calls, leftOut = []) => reportCalls({ url, node }, { calls, left_out: leftOut }),
    async stop() {
      await role.stop();
      await rm(artifacts, { recursive: true, force: true });
      await database.close();
    },
  };
}

/** A client of one address. `token: ''` sends no credential. */
export function clientOf(base: string, defaultToken: string): Client {
  return async (method, path, { token = defaultToken, body, headers } = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as never,
    };
  };
}

let batches = 0;

async function reportCalls(
  { url, node }: { readonly url: string; readonly node: string },
  report: Omit<CallBatch, 'batch'>,
): Promise<number> {
  const batch = `gwy_test-boot-${(batches += 1)}`;
  const response = await fetch(`${url}/internal/v1/calls/${batch}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${node}`, 'content-type': 'application/json' },
    body: JSON.stringify({ batch, ...report }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function makeTenant(call: Client, slug: string): Promise<TestTenant> {
  const { id } = await made(call, '/tenants', { slug, name: slug });
  const entries = await Promise.all(
    testRoles.map(async (role) => {
      const member = await made(call, `/tenants/${id}/members`, { email: `${role}@${slug}.test`, role });
      const token = await made(call, `/tenants/${id}/tokens`, { member: member.id, name: role });
      return { role, member: member.id, token: token.token };
    }),
  );
  return {
    id,
    slug,
    members: Object.fromEntries(entries.map(({ role, member }) => [role, member])) as TestTenant['members'],
    tokens: Object.fromEntries(entries.map(({ role, token }) => [role, token])) as TestTenant['tokens'],
  };
}

async function made(call: Client, path: string, body: object): Promise<{ id: string; token: string }> {
  const answer = await call<{ id: string; token: string }>('POST', path, { body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}
