import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { scopeRisk } from '../kinds/api.ts';
import { apiParams } from './apis.ts';
import { idOrSlug, line, listQuery, none, page, timestamp } from './shared.ts';

/** The short name of a scope, as in the API's OpenAPI document: `read`. */
export const scopeName = z
  .string()
  .max(limits.scopeNameCharactersMax)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'letters, digits, `.`, `_`, `:` and `-`, the first a letter or digit')
  .meta({ examples: ['read'] });

/** The full name of a scope, as in app declarations and tokens: `acme/orders:read`. */
export const fullScope = z
  .string()
  .max(limits.scopeCharactersMax)
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}:[A-Za-z0-9][A-Za-z0-9._:-]*$/, '`<tenant>/<api>:<scope>`, slugs and name')
  .meta({ examples: ['acme/orders:read'] });

/** A text for the consent page, in each of its languages. */
const words = (charactersMax: number) => {
  const text = line(charactersMax).meta({ examples: ['Read orders'] });
  return z.object({ en: text, zh: text });
};
const title = words(limits.nameCharactersMax);
const description = words(limits.scopeDescriptionCharactersMax);
/** The same as they are read. */
const givenWords = z.object({ en: z.string(), zh: z.string() });
const risk = scopeRisk.describe(
  '`low`: any member may grant it; `high`: a gateway with a stale configuration rejects it',
);

/** A scope that apps can be granted, in the view of the person who consents. */
export const grantableScope = z.object({
  scope: z.string().describe('`<tenant>/<api>:<scope>`: the form in app declarations and tokens'),
  risk,
  title: givenWords,
  description: givenWords,
});

const dataScoped = z
  .boolean()
  .describe(
    'Whether a grant can be limited to some data (RFC 9396 `tulou_data`). The services of the API must enforce it',
  );

export const scope = grantableScope.extend({
  data_scoped: dataScoped,
  id: scopeName.describe('The name of the scope, which is also its ID'),
  name: scopeName,
  api: z.string().describe('Slug of the API'),
  created_at: timestamp,
  updated_at: timestamp,
});

const scopeParams = apiParams.extend({ scope: idOrSlug });

export const scopes = {
  create: operation({
    id: 'scopes.create',
    method: 'POST',
    path: '/tenants/{tenant}/apis/{api}/scopes',
    summary: 'Create a scope of an API. Operations require it by name in the `security` of the OpenAPI document',
    access: 'developer',
    params: apiParams,
    query: none,
    body: z.object({ name: scopeName, risk, title, description, data_scoped: dataScoped.default(false) }),
    output: scope,
    status: 201,
    errors: ['conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'scopes.list',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/scopes',
    summary: 'List the scopes of an API',
    access: 'viewer',
    params: apiParams,
    query: listQuery,
    body: undefined,
    output: page(scope),
    status: 200,
  }),
  get: operation({
    id: 'scopes.get',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/scopes/{scope}',
    summary: 'Read a scope',
    access: 'viewer',
    params: scopeParams,
    query: none,
    body: undefined,
    output: scope,
    status: 200,
  }),
  update: operation({
    id: 'scopes.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apis/{api}/scopes/{scope}',
    summary: 'Change the risk, the title or the description of a scope, or whether grants can be limited',
    access: 'developer',
    params: scopeParams,
    query: none,
    body: z.object({
      risk: risk.optional(),
      title: title.optional(),
      description: description.optional(),
      data_scoped: dataScoped.optional(),
    }),
    output: scope,
    status: 200,
    errors: ['precondition_failed'],
  }),
  delete: operation({
    id: 'scopes.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apis/{api}/scopes/{scope}',
    summary: 'Delete a scope and remove it from every grant. Its name cannot be used again',
    access: 'admin',
    params: scopeParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
