/** From a file to a flat list of the objects in it: parsed, validated, with their documents. */
import type { Violation } from '@tulou/contract';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { readText } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import {
  addressOf,
  apiResource,
  appResource,
  childResource,
  subscriptionResource,
  tenantResource,
  type Fields,
  type Resource,
} from './resource.ts';
import { manifestDocument, type TenantEntry } from './schema.ts';
import { parseYaml } from './yaml.ts';

/** Reads a file (`-`: the standard input). Throws with every violation, each with its line. */
export async function readManifest(path: string, io: Io): Promise<Resource[]> {
  const text = path === '-' ? await io.stdin.text() : await readText(resolve(io.cwd, path), io);
  const { documents, violations } = parseYaml(text, manifestDocument);
  if (violations.length > 0) throw invalid(path, violations);
  if (documents.length === 0)
    throw invalid(path, [{ pointer: '', message: 'The file is empty. It must contain `tenants:`.' }]);
  const entries = documents.flatMap(({ value, raw }) =>
    value.tenants.map((entry, i) => ({ entry, raw: rawTenant(raw, i) })),
  );
  const resources = entries.flatMap(({ entry, raw }) => tenantResources(entry, raw));
  refuseDoubles(path, resources);
  const folder = path === '-' ? io.cwd : dirname(resolve(io.cwd, path));
  return Promise.all(resources.map((one) => withDocument(one, folder, io)));
}

const invalid = (path: string, violations: readonly Violation[]): Failure =>
  new Failure(say`${path} is not valid`, {
    exit: 'data',
    violations,
    help: 'Nothing was changed. "tulou apply --help" shows an example.',
  });

type Raw = Readonly<Record<string, unknown>>;

const rawTenant = (raw: unknown, i: number): Raw => (raw as { tenants: readonly Raw[] }).tenants[i] ?? {};
const rawList = (raw: Raw, name: string, i: number): Raw => ((raw[name] as readonly Raw[] | undefined) ?? [])[i] ?? {};

/** The given fields in their parsed form, without defaults. */
const said = (parsed: Raw, raw: Raw, ...parts: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(parsed).filter(([name]) => name in raw && !parts.includes(name)));

function tenantResources(entry: TenantEntry, raw: Raw): Resource[] {
  const { slug } = entry;
  return [
    tenantResource(slug, said(entry, raw, 'apis', 'apps', 'subscriptions')),
    ...(entry.apis ?? []).flatMap((api, i) => apiResources(slug, api, rawList(raw, 'apis', i))),
    ...(entry.apps ?? []).map((app, i) => appResource(slug, app.slug, said(app, rawList(raw, 'apps', i)))),
    ...(entry.subscriptions ?? []).map((one, i) =>
      subscriptionResource(slug, one.app, one.api, '', said(one, rawList(raw, 'subscriptions', i))),
    ),
  ];
}

function apiResources(tenant: string, api: NonNullable<TenantEntry['apis']>[number], raw: Raw): Resource[] {
  return [
    apiResource(tenant, api.slug, said(api, raw, 'versions', 'plans')),
    ...(api.versions ?? []).map((one, i) =>
      childResource('version', tenant, api.slug, one.name, said(one, rawList(raw, 'versions', i))),
    ),
    ...(api.plans ?? []).map((one, i) =>
      childResource('plan', tenant, api.slug, one.slug, said(one, rawList(raw, 'plans', i))),
    ),
  ];
}

function refuseDoubles(path: string, resources: readonly Resource[]): void {
  const groups = Map.groupBy(resources, addressOf);
  const doubles = [...groups].filter(([, list]) => list.length > 1).map(([address]) => address);
  if (doubles.length === 0) return;
  throw invalid(
    path,
    doubles.map((address) => ({ pointer: address, message: 'appears more than once' })),
  );
}

/** Replaces the path of an OpenAPI document by the document. */
async function withDocument(resource: Resource, folder: string, io: Io): Promise<Resource> {
  const { openapi } = resource.fields;
  if (resource.kind !== 'version' || typeof openapi !== 'string') return resource;
  const path = resolve(folder, openapi);
  const text = await readText(path, io);
  return {
    ...resource,
    fields: { ...resource.fields, openapi: parseDocument(text, path) },
    document: { path: openapi, text },
  };
}

function parseDocument(text: string, path: string): unknown {
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure(say`${path} is neither YAML nor JSON`, { exit: 'data', detail });
  }
}
