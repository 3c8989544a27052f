/** Runs the probes as each kind of caller and reports every answer that reveals an object of another tenant. */
import type { Operation } from '@tulou/contract';
import type { Client } from '../control/fixture.ts';
import { probesOf, type Probe, type Sent, type Views } from './probes.ts';
import type { View } from './world.ts';

export interface Credential {
  readonly name: string;
  readonly token: string;
  /** It is a valid credential, of the tenant or of no tenant. */
  readonly opens?: true;
  readonly kind?: 'no token of ours';
}

export interface Difference {
  readonly operation: string;
  readonly credential: string;
  readonly probe: string;
  readonly foreign: string;
  readonly ghost: string;
}

const atOnce = 12;

/** Fields that differ between any two answers: the time, the request, and how many requests are left. */
const varying = new Set(['date', 'tulou-request-id', 'ratelimit']);

/** All operations × probes × credentials: the number of pairs that were sent, and the pairs with different answers. */
export async function runMatrix(
  operations: readonly Operation[],
  views: Views,
  credentials: readonly Credential[],
  call: Client,
): Promise<{ pairs: number; differences: Difference[] }> {
  const pairs = operations.flatMap((operation) =>
    probesOf(operation, views).flatMap((probe) => credentials.map((credential) => ({ operation, probe, credential }))),
  );
  const differences: Difference[] = [];
  const queue = pairs[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const { operation, probe, credential } of queue) {
      const [foreign, ghost] = await observePair(operation, probe, credential, views, call);
      if (foreign === ghost) continue;
      differences.push({ operation: operation.id, credential: credential.name, probe: probe.name, foreign, ghost });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { pairs: pairs.length, differences };
}

async function observePair(
  { method }: Operation,
  probe: Probe,
  { token }: Credential,
  { foreign, ghost }: Views,
  call: Client,
): Promise<[string, string]> {
  const observe = async (sent: Sent, view: View): Promise<string> => {
    const answer = await call(method, sent.path, { token, body: sent.body });
    const headers = [...answer.headers].filter(([name]) => !varying.has(name));
    return anonymous(JSON.stringify([answer.status, headers, answer.text]), view);
  };
  // One after the other: an effect of the first would show in the second, and both orders occur over the matrix.
  return [await observe(probe.foreign, foreign), await observe(probe.ghost, ghost)];
}

/** An answer may repeat the caller's input, and nothing else: the names of the two views are replaced by equal ones. */
function anonymous(text: string, view: View): string {
  const names = Object.entries({ ...view.objects, tenant: view.tenant }).flatMap(([param, { id, slug }]) => [
    [id, `<${param}>`],
    ...(slug === undefined ? [] : [[slug, `<${param}>`]]),
  ]);
  return names.reduce((said, [name = '', label = '']) => said.replaceAll(name, label), text);
}
