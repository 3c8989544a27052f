import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { scopeRisk } from '../kinds/api.ts';
import { apiParams } from './apis.ts';
import { idOrSlug, line, listQuery, none, page, timestamp } from './shared.ts';

/** A scope by its own name, as the API's OpenAPI document requires it: `read`. */
export const scopeName = z
  .string()
  .max(limits.scopeNameCharactersMax)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'letters, digits, `.`, `_`, `:` and `-`, the first a letter or digit')
  .meta({ examples: ['read'] });

/** A scope as apps declare it and tokens carry it: `acme/orders:read`. */
export const fullScope = z
  .string()
  .max(limits.scopeCharactersMax)
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}:[A-Za-z0-9][A-Za-z0-9._:-]*$/, '`<tenant>/<api>:<scope>`, slugs and name')
  .meta({ examples: ['acme/orders:read'] });

/** Plain words for the page on which people consent, in each language that it speaks. */
const words = (charactersMax: number) => {
  const text = line(charactersMax).meta({ examples: ['Read orders'] });
  return z.object({ en: text, zh: text });
};
const title = words(limits.nameCharactersMax);
const description = words(limits.scopeDescriptionCharactersMax);
/** The same as they are read. */
const givenWords = z.object({ en: z.string(), zh: z.string() });
const risk = scopeRisk.describe('`low`: any member may allow it; `high`: a gateway whose feed is stale refuses it');

/** What an API lets apps be granted, as those who are asked for it read it. */
export const grantableScope = z.object({
  scope: z.string().describe('`<tenant>/<api>:<scope>`: what apps declare and tokens carry'),
  risk,
  title: givenWords,
  description: givenWords,
});

const dataScoped = z
  .boolean()
  .describe(
    'Whether a grant of it can be limited to some of the data (RFC 9396 `tulou_data`): the API’s services heed it',
  );

export const scope = grantableScope.extend({
  data_scoped: dataScoped,
  id: scopeName.describe('Its name: a scope has no other id'),
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
    summary: 'Define a scope of an API; operations require it by its name in the OpenAPI document’s `security`',
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
    summary: 'Change the risk or the words of a scope, or whether it can be limited',
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
    summary: 'Take a scope away from everyone who holds it; its name is never given again',
    access: 'admin',
    params: scopeParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
