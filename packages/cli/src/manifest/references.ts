/** References of a change to objects that do not exist, or that the same changes delete. */
import { say } from '../language/say.ts';
import type { Change } from './changes.ts';
import type { Fault } from './refusals.ts';
import type { Fields } from './resource.ts';
import type { World } from './world.ts';

export async function referenceFaults(change: Change, world: World): Promise<Fault[]> {
  const { resource, action } = change;
  if (action === 'delete') return inUse(change, world);
  if (resource.kind === 'subscription') return subscriptionFaults(resource.fields, resource.parent, world);
  if (resource.kind === 'app') return appFaults(change, world);
  if (resource.kind === 'version') return serviceFaults(resource.fields, resource.parent, world);
  return resource.kind === 'installation' ? installationFaults(resource.fields, resource.parent, world) : [];
}

async function subscriptionFaults(fields: Fields, { tenant = '' }: Params, world: World): Promise<Fault[]> {
  const { app, api, plan } = fields as { app: string; api: string; plan: string };
  const faults: Fault[] = [];
  if (world.after(`app ${tenant}/${app}`) === undefined)
    faults.push({ message: say`there is no app ${app} in ${tenant}` });
  const facts = await world.apiOf(api, tenant);
  if (facts === undefined) faults.push({ message: say`there is no API ${api} that ${tenant} may use` });
  else if (!facts.plans.includes(plan)) faults.push({ message: say`the API ${api} has no plan ${plan}` });
  return faults;
}

type Params = Readonly<Record<string, string>>;

/** Services that a version names as its upstreams. */
function serviceFaults(fields: Fields, { tenant = '' }: Params, world: World): Fault[] {
  const upstreams = (fields['upstreams'] ?? []) as readonly { service?: string }[];
  return upstreams
    .flatMap(({ service }) => service ?? [])
    .filter((service) => world.after(`service ${tenant}/${service}`) === undefined)
    .map((service) => ({ message: say`there is no service ${service} in ${tenant}` }));
}

/** Scopes that an app declares and did not declare before must exist. */
async function appFaults({ resource, address }: Change, world: World): Promise<Fault[]> {
  const before = world.live(address)?.fields ?? {};
  const held = new Set([...scopesIn(before, 'scopes'), ...scopesIn(before, 'optional_scopes')]);
  const after = world.after(address)?.fields ?? resource.fields;
  const required = scopesIn(after, 'scopes');
  const twice = scopesIn(after, 'optional_scopes').filter((one) => required.includes(one));
  const asked = [...scopesIn(resource.fields, 'scopes'), ...scopesIn(resource.fields, 'optional_scopes')];
  const faults: Fault[] = twice.map((one) => ({ message: say`the scope ${one} is required and optional` }));
  for (const scope of asked.filter((one) => !held.has(one))) {
    const facts = await world.apiOf(scope.slice(0, scope.indexOf(':')), resource.parent['tenant'] ?? '');
    if (facts?.scopes.includes(scope) !== true) faults.push({ message: say`there is no scope ${scope}` });
  }
  return faults;
}

const scopesIn = (fields: Fields, name: string): readonly string[] =>
  (fields[name] as readonly string[] | undefined) ?? [];

async function installationFaults(fields: Fields, { tenant = '' }: Params, world: World): Promise<Fault[]> {
  const address = String(fields['app']);
  const owner = address.split('/')[0];
  const app = world.after(`app ${address}`)?.fields ?? (await world.foreignApp(address));
  // Members cannot read apps of other tenants: the platform decides.
  if (app === 'unknown') return owner === tenant ? [{ message: say`there is no app ${address}` }] : [];
  if (app === undefined || (owner !== tenant && (app['visibility'] ?? 'private') === 'private'))
    return [{ message: say`there is no app ${address} that ${tenant} may install` }];
  const declared = [...scopesIn(app, 'scopes'), ...scopesIn(app, 'optional_scopes')];
  if (fields['scopes'] === undefined) return [];
  const granted = scopesIn(fields, 'scopes');
  return [
    ...granted
      .filter((one) => !declared.includes(one))
      .map((one) => ({ message: say`the app does not declare the scope ${one}` })),
    ...scopesIn(app, 'scopes')
      .filter((one) => !granted.includes(one))
      .map((one) => ({ message: say`the app requires the scope ${one}` })),
  ];
}

/** Objects that cannot be deleted while apps subscribe. */
async function inUse({ resource }: Change, world: World): Promise<Fault[]> {
  const { kind, parent, self, fields } = resource;
  const { tenant = '', api = self } = parent;
  const isCallable = fields['state'] === 'live' || fields['state'] === 'deprecated';
  if (kind !== 'api' && kind !== 'plan' && !(kind === 'version' && isCallable)) return [];
  const names = await world.subscribersOf(tenant, api, kind === 'plan' ? self : undefined);
  return names.length === 0 ? [] : [{ message: say`apps still subscribe: ${names.slice(0, 5).join(', ')}` }];
}
