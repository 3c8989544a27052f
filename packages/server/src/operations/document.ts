/** The control API's own OpenAPI 3.1 document, from the table of operations. Pure. */
import { errors, type ErrorCode, type Operation } from '@tulou/contract';
import { z } from 'zod';
import { isTenantOperation, isWrite } from './handler.ts';

type Json = Readonly<Record<string, unknown>>;

/** Builds the document. `platformUrl`: where the control API is reached. */
export function describeApi(operations: readonly Operation[], platformUrl: string, version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describeOperation(operation);
  }
  const schemas = Object.fromEntries(nounsOf(operations).map(([name, schema]) => [name, schemaOf(schema, 'output')]));
  const document = shareSchemas(paths, schemas);
  return {
    openapi: '3.1.0',
    info: { title: 'Tulou control API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: `${platformUrl}/api/v1` }],
    security: [{ token: [] }],
    tags: [...new Set(operations.map(nounOf))].map((name) => ({ name })),
    paths: document,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: [
            'A control token of a member (`tlt_…`), an operator token (`tlo_…`), or an access token of the platform’s issuer',
            'for a person who has signed in: scope `control`, resource `<platform>/api`, from one of the platform’s own clients.',
          ].join(' '),
        },
      },
      schemas: { ...schemas, Problem: problemSchema },
    },
  };
}

const nounOf = (operation: Operation): string => operation.id.split('.')[0] ?? '';

/** How an object of each noun looks, by the name of its schema: `apis.get` → `Api`. */
function nounsOf(operations: readonly Operation[]): [string, z.ZodType][] {
  return operations.flatMap(({ id, output }): [string, z.ZodType][] => {
    const noun = /^([\w-]+)\.get$/.exec(id)?.[1];
    if (noun === undefined || output === undefined) return [];
    const singular = noun.endsWith('s') ? noun.slice(0, -1) : noun;
    const words = singular.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    return [[words.join(''), output]];
  });
}

function describeOperation(operation: Operation): Json {
  const { id, summary, body, status, secret } = operation;
  return {
    operationId: id,
    summary,
    tags: [nounOf(operation)],
    description: describeAccess(operation),
    parameters: parametersOf(operation),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(schemaOf(body, 'input')) } }),
    responses: {
      [status]: {
        description: secret === true ? 'Done. The answer carries a secret that is shown only here.' : 'Done.',
        ...contentOf(operation),
        ...(status === 201 ? { headers: { Location: { schema: { type: 'string' } } } } : {}),
      },
      ...problemResponses(operation),
    },
  };
}

function describeAccess({ access, id }: Operation): string {
  if (access === 'operator') return 'For operators.';
  return id === 'whoami.get'
    ? 'For every credential.'
    : `For members with the role ${access} or above, and for operators.`;
}

function contentOf({ output, stream }: Operation): Json {
  if (stream !== undefined) return { content: { [stream]: {} } };
  return output === undefined ? {} : { content: jsonOf(schemaOf(output, 'output')) };
}

const jsonOf = (schema: Json): Json => ({ 'application/json': { schema } });

function parametersOf(operation: Operation): readonly Json[] {
  const { params, query, method } = operation;
  return [
    ...parametersIn('path', schemaOf(params, 'input')),
    ...parametersIn('query', schemaOf(query, 'input')),
    ...(isWrite(operation)
      ? [header('Idempotency-Key', 'The same write sent again with the same key happens once.')]
      : []),
    ...(['PATCH', 'PUT', 'DELETE'].includes(method) || operation.replaces === true
      ? [header('If-Match', 'The `ETag` that you read: the write is refused if the object has changed.')]
      : []),
    ...(isTenantOperation(operation)
      ? [header('Tulou-Reason', 'Why an operator acts; kept in the audit trail of the tenant.')]
      : []),
  ];
}

function parametersIn(place: 'path' | 'query', { properties = {}, required = [] }: Json): readonly Json[] {
  return Object.entries(properties as Record<string, Json>).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || ((required as string[]).includes(name) && !('default' in schema)),
    schema,
  }));
}

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});

/** Errors that the framework itself may answer to any operation of this kind, and those of its own. */
function problemResponses(operation: Operation): Json {
  const codes = new Set<ErrorCode>([
    'invalid_request',
    'unauthenticated',
    'forbidden',
    'tenant_suspended',
    'internal',
    'unavailable',
  ]);
  if (operation.path.includes('{')) codes.add('not_found');
  if (operation.body !== undefined)
    for (const code of ['malformed_request', 'content_too_large', 'unsupported_media_type'] as const) codes.add(code);
  if (isWrite(operation)) for (const code of ['idempotency_mismatch', 'precondition_failed'] as const) codes.add(code);
  if (isTenantOperation(operation) && operation.whileDeleting !== true) codes.add('state_conflict');
  for (const code of operation.errors ?? []) codes.add(code);
  const byStatus = Object.groupBy(codes, (code) => String(errors[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, of = []]) => [
      status,
      {
        description: of.map((code) => `\`${code}\`: ${errors[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

const text: Json = { type: 'string' };
const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'code', 'fault', 'help'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable; branch on this' },
    fault: { type: 'string', enum: ['caller', 'provider', 'platform'] },
    help: text,
    detail: text,
    violations: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'message'],
        properties: {
          pointer: { type: 'string', description: 'RFC 6901 into the body, or the name of a parameter' },
          message: text,
          line: { type: 'integer' },
          column: { type: 'integer' },
        },
      },
    },
  },
};

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

/** Puts a reference wherever a schema of `components` is repeated. */
function shareSchemas<T>(value: T, schemas: Readonly<Record<string, Json>>): T {
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  const share = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(share);
    const name = names.get(JSON.stringify(part));
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, share(inner)]));
  };
  return share(value) as T;
}
