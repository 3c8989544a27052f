/** Changes that the state of an object does not allow. */
import { joined, say, type Text } from '../language/say.ts';
import type { Change } from './changes.ts';
import type { Fault } from './refusals.ts';
import type { Fields } from './resource.ts';
import type { World } from './world.ts';

export function stateFaults(change: Change, world: World): Fault[] {
  const { resource, action } = change;
  if (resource.kind === 'member') return lastOwner(change, world);
  if (action === 'delete') return [];
  const before = world.live(change.address)?.fields;
  const after = world.after(change.address)?.fields ?? resource.fields;
  if (resource.kind === 'version') return versionFaults(before, after).map((message) => ({ message }));
  const isBlocked =
    resource.kind === 'app' && before?.['state'] === 'blocked' && resource.fields['state'] !== undefined;
  return isBlocked ? [{ message: 'an operator has blocked this app' }] : [];
}

/** From each state of a version, the next ones. */
const next: Readonly<Record<string, readonly string[]>> = {
  draft: ['live'],
  live: ['deprecated'],
  deprecated: ['retired', 'live'],
  retired: [],
};

/** The state that a version gets: by default it is live with upstreams. */
export const stateOf = ({ state, upstreams }: Fields): string =>
  String(state ?? (Array.isArray(upstreams) && upstreams.length > 0 ? 'live' : 'draft'));

function versionFaults(before: Fields | undefined, after: Fields): Text[] {
  const upstreams = (after['upstreams'] ?? []) as readonly { weight?: number }[];
  const state = stateOf(after);
  const from = before === undefined ? state : String(before['state']);
  const faults: Text[] = [];
  if (from !== state && next[from]?.includes(state) !== true)
    faults.push(say`a version that is ${from} cannot become ${state}; ${joined([nextText(from)], '')}`);
  if (['live', 'deprecated'].includes(state) && !upstreams.some(({ weight = 1 }) => weight > 0))
    faults.push(say`a version that is ${state} needs an upstream with a weight above 0`);
  const [deprecated, sunset] = [after['deprecated_at'], after['sunset_at']];
  if (typeof deprecated === 'string' && typeof sunset === 'string' && Date.parse(sunset) < Date.parse(deprecated))
    faults.push(say`"sunset_at" is before "deprecated_at"`);
  return faults;
}

function nextText(from: string): Text {
  const states = next[from] ?? [];
  return states.length === 0 ? say`this state is final` : say`possible: ${states.join(', ')}`;
}

/** A tenant that has an owner keeps one. */
function lastOwner({ address, resource, action }: Change, world: World): Fault[] {
  const isOwner = world.live(address)?.fields['role'] === 'owner';
  const stays = action !== 'delete' && resource.fields['role'] === 'owner';
  const tenant = resource.parent['tenant'] ?? '';
  if (!isOwner || stays || world.all('member', { tenant }).some((one) => one.fields['role'] === 'owner')) return [];
  return [{ message: say`the tenant ${tenant} would have no owner` }];
}
