/** A complete command line for an operation, with realistic values. */
import type { Operation } from '@tulou/contract';
import { schemaOf, shapeOf, type Shape } from '../schema.ts';
import { fieldsOf, flagName } from './fields.ts';
import { effectOf } from './effects.ts';
import { isFile, nounOf, paramsOf } from './registry.ts';

const paramValues: Readonly<Record<string, string>> = {
  tenant: 'acme',
  provider: 'acme',
  api: 'orders',
  version: 'v1',
  plan: 'basic',
  app: 'shop',
  scope: 'read',
  service: 'hello',
  revision: '3',
  release: 'live',
};
/** Optional fields that make an example more useful. */
const instructive = ['upstreams', 'openapi', 'limits', 'by'];
const fieldValues: Readonly<Record<string, string>> = {
  slug: 'orders',
  name: 'Orders',
  email: 'ann@example.com',
  openapi: 'openapi.yaml',
  upstreams: 'http://127.0.0.1:3000',
  limits: 'requests=100,per=minute',
  api: 'acme/orders',
  app: 'shop',
  plan: 'basic',
  by: 'api,status',
  member: 'mem_…',
  title: 'en=Orders,zh=订单',
  description: 'en=Orders,zh=订单',
  scopes: 'acme/orders:read',
  grant_types: 'client_credentials',
  'scopes.name': 'read',
  'connections.name': 'Office',
  'connections.issuer': 'https://login.example.com',
  'connections.client_id': 'tulou',
  'connections.domains': 'example.com',
  'domains.host': 'example.com',
  'issuers.host': 'login.example.com',
  'issuers.name': 'Acme',
  kid: 'AIP_TYvz…',
  'users.name': 'Ann',
  'clients.name': 'Web',
  'clients.authentication': 'client_secret_basic',
  'approvals.app': 'acme/shop',
  'installations.app': 'acme/shop',
  'tenants.slug': 'acme',
  'tenants.name': 'Acme',
  'versions.name': 'v1',
  'plans.slug': 'basic',
  'services.slug': 'hello',
  'artifacts.digest': `sha256:${'0'.repeat(64)}`,
  'artifacts.size_bytes': '10240',
  'revisions.kind': 'worker',
  'revisions.artifact': 'art_…',
  'revisions.entry': 'worker.js',
  'revisions.limits': 'memory_mb=256',
  'releases.weights': 'revision=3,weight=100',
  'apps.slug': 'shop',
  'apps.name': 'Shop',
};

/** The example of an operation. */
export function exampleOf(operation: Operation): string {
  const params = paramsOf(operation).map((name) => paramValues[name] ?? `${name}-id`);
  const query = fieldsOf(schemaOf(operation.query, 'input'));
  const body = operation.body === undefined ? [] : fieldsOf(schemaOf(operation.body, 'input'));
  const shown = [...query, ...body].filter((field) => field.required || instructive.includes(field.field));
  const chosen = shown.length > 0 ? shown : body.slice(0, 1);
  const flags = chosen.map(
    (field) => `--${flagName(field.field)} ${valueFor(nounOf(operation), field.field, field.shape)}`,
  );
  const output = isFile(operation) ? ['-o export.tar.gz'] : [];
  const yes = effectOf(operation)?.asks === 'always' ? ['--yes'] : [];
  return ['tulou', ...operation.id.split('.'), ...params, ...flags, ...output, ...yes].join(' ');
}

function valueFor(noun: string, field: string, shape: Shape): string {
  const own = fieldValues[`${noun}.${field}`];
  if (own !== undefined) return own;
  if (shape.choices !== undefined) return shape.choices.at(-1) ?? '';
  return fieldValues[field] ?? (shapeOf(shape.schema).kind === 'integer' ? '60' : 'text');
}
