/** The changes of a list that the platform would refuse, found without a write: rights, references, documents and states. */
import type { Client } from '../client.ts';
import { say, type Text } from '../language/say.ts';
import type { Change } from './changes.ts';
import { clientFaults } from './client-faults.ts';
import { documentFaults } from './document-faults.ts';
import { fixedFailure, secretFailure } from './execute.ts';
import { addressOf, type Resource } from './resource.ts';
import { referenceFaults } from './references.ts';
import { readRights, rightsFault } from './rights.ts';
import { stateFaults } from './state-faults.ts';
import { World } from './world.ts';
import { mapLimited } from './live.ts';

export interface Refusal {
  readonly address: string;
  readonly file?: string;
  readonly line?: number;
  readonly pointer?: string;
  readonly message: Text;
}

/** A refusal without the address; its place is that of the object unless it names another. */
export type Fault = Omit<Refusal, 'address'>;

export interface Plan {
  readonly changes: readonly Change[];
  readonly wanted: readonly Resource[];
  readonly live: readonly Resource[];
}

/** Every refusal that can be known in advance, in the order of the changes. */
export async function refusalsOf({ changes, wanted, live }: Plan, client: Client): Promise<Refusal[]> {
  if (changes.length === 0) return [];
  const rights = await readRights(client);
  const world = new World(changes, wanted, live, { client, isOperator: rights.kind === 'operator' });
  const found = await mapLimited(changes, async (change): Promise<Refusal[]> => {
    const denied = rightsFault(change, rights, live);
    const faults: readonly Fault[] =
      denied === undefined
        ? [
            ...failureFaults(change),
            ...stateFaults(change, world),
            ...clientFaults(change, world),
            ...(await referenceFaults(change, world)),
            ...documentFaults(change, world),
          ]
        : [denied];
    const { address, resource } = change;
    return faults.map((fault) => ({ address, ...resource.place, ...fault }));
  });
  return [...found.flat(), ...hostsTwice(wanted)];
}

function failureFaults(change: Change): Fault[] {
  if (change.fixed.length > 0) return [{ message: fixedFailure(change).title }];
  const failure = change.action === 'create' ? secretFailure(change.resource) : undefined;
  return failure === undefined ? [] : [{ message: failure.title }];
}

/** A host name leads to one API. */
function hostsTwice(wanted: readonly Resource[]): Refusal[] {
  const first = new Map<string, string>();
  return wanted.flatMap((one) => {
    const hosts = one.kind === 'api' ? one.fields['hosts'] : one.kind === 'issuer' ? [one.fields['host']] : [];
    return (Array.isArray(hosts) ? hosts : []).flatMap((host): Refusal[] => {
      const address = addressOf(one);
      const other = first.get(String(host));
      first.set(String(host), other ?? address);
      return other === undefined || other === address
        ? []
        : [{ address, ...one.place, message: say`the host name ${String(host)} belongs to ${other}` }];
    });
  });
}
