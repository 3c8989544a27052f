/** Documents that are well, for the tests: one that uses every object of the specification, and one of any size. */
import type { Json, JsonObject } from './json.ts';

/** Every kind of object of OpenAPI 3.0 or 3.1, once at least. */
export function completeDocument(openapi: '3.0.3' | '3.1.1'): JsonObject {
  const since31 = openapi === '3.1.1';
  return {
    openapi,
    info: {
      title: 'Orders',
      version: '1.0.0',
      ...(since31 ? { summary: 'An order book' } : {}),
      description: 'Takes orders.',
      termsOfService: 'https://example.com/terms',
      contact: { name: 'Acme', url: 'https://example.com', email: 'api@example.com' },
      license: since31
        ? { name: 'Apache 2.0', identifier: 'Apache-2.0' }
        : { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [
      {
        url: 'https://{region}.example.com/v1',
        description: 'live',
        variables: { region: { default: 'eu', enum: ['eu', 'us'] } },
      },
      { url: '/v1' },
    ],
    tags: [{ name: 'orders', description: 'All about orders', externalDocs: { url: 'https://example.com/docs' } }],
    externalDocs: { url: 'https://example.com/docs', description: 'More' },
    security: [{ key: [] }, { login: ['orders.read'] }],
    paths: { '/orders': ordersItem(), '/orders/{id}': orderItem(), 'x-note': 'extensions are allowed' },
    ...(since31
      ? {
          webhooks: {
            orderShipped: {
              post: {
                requestBody: { $ref: '#/components/requestBodies/Order' },
                responses: { 204: { description: 'taken' } },
              },
            },
          },
        }
      : {}),
    components: components(since31),
  };
}

function ordersItem(): JsonObject {
  return {
    summary: 'All orders',
    get: {
      operationId: 'listOrders',
      tags: ['orders'],
      summary: 'List orders',
      parameters: [
        {
          name: 'cursor',
          in: 'query',
          schema: { type: 'string' },
          style: 'form',
          explode: true,
          allowEmptyValue: true,
          example: 'abc',
        },
        { name: 'filter', in: 'query', content: { 'application/json': { schema: { type: 'object' } } } },
        { $ref: '#/components/parameters/Trace' },
      ],
      responses: {
        200: {
          description: 'A page',
          headers: { 'X-Total': { $ref: '#/components/headers/Total' } },
          content: {
            'application/json': {
              schema: { type: 'array', items: { $ref: '#/components/schemas/Order' } },
              examples: { one: { $ref: '#/components/examples/One' } },
            },
          },
          links: { next: { $ref: '#/components/links/Next' } },
        },
        '4XX': { $ref: '#/components/responses/Problem' },
        default: { description: 'Anything else' },
      },
    },
    post: {
      security: [],
      deprecated: false,
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: { type: 'object' },
            encoding: {
              file: {
                contentType: 'image/png',
                style: 'form',
                explode: true,
                headers: { 'X-A': { schema: { type: 'string' } } },
              },
            },
          },
        },
      },
      callbacks: {
        shipped: { '{$request.body#/url}': { post: { responses: { 200: { description: 'thanks' } } } } },
        again: { $ref: '#/components/callbacks/Again' },
      },
      responses: { 201: { description: 'Made' } },
      servers: [{ url: 'https://write.example.com' }],
    },
  };
}

function orderItem(): JsonObject {
  return {
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z]+$' } }],
    get: {
      responses: {
        200: {
          description: 'The order',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' }, example: { id: 'a' } } },
        },
      },
    },
    delete: { responses: { 204: { description: 'Gone' } }, externalDocs: { url: 'https://example.com/delete' } },
  };
}

function components(since31: boolean): JsonObject {
  return {
    schemas: { Order: orderSchema(since31), Pet: petSchema() },
    responses: { Problem: { description: 'A problem' } },
    parameters: { Trace: { name: 'traceparent', in: 'header', schema: { type: 'string' } } },
    examples: { One: { summary: 'one', value: [] }, Far: { externalValue: 'https://example.com/one.json' } },
    requestBodies: { Order: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } } },
    headers: { Total: { description: 'how many', required: true, schema: { type: 'integer', minimum: 0 } } },
    securitySchemes: {
      key: { type: 'apiKey', name: 'X-Key', in: 'header' },
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      login: {
        type: 'oauth2',
        flows: {
          authorizationCode: {
            authorizationUrl: 'https://example.com/a',
            tokenUrl: 'https://example.com/t',
            refreshUrl: 'https://example.com/r',
            scopes: { 'orders.read': 'read' },
          },
        },
      },
      openid: { type: 'openIdConnect', openIdConnectUrl: 'https://example.com/.well-known/openid-configuration' },
    },
    links: { Next: { operationId: 'listOrders', parameters: { cursor: '$response.body#/next' } } },
    callbacks: { Again: { '{$request.body#/url}': { post: { responses: { 200: { description: 'thanks' } } } } } },
  };
}

function orderSchema(since31: boolean): JsonObject {
  const money: Json = since31
    ? { type: ['number', 'null'], exclusiveMinimum: 0 }
    : { type: 'number', nullable: true, minimum: 0, exclusiveMinimum: true };
  return {
    type: 'object',
    title: 'Order',
    required: ['id'],
    properties: {
      id: { type: 'string', minLength: 1, maxLength: 40, readOnly: true, example: 'a' },
      total: money,
      lines: {
        type: 'array',
        items: { $ref: '#/components/schemas/Order' },
        minItems: 0,
        maxItems: 10,
        uniqueItems: true,
      },
      state: { type: 'string', enum: ['open', 'done'], default: 'open', deprecated: true },
      pet: {
        oneOf: [{ $ref: '#/components/schemas/Pet' }, { not: { type: 'string' } }],
        discriminator: { propertyName: 'kind', mapping: { pet: '#/components/schemas/Pet' } },
      },
    },
    additionalProperties: false,
    xml: { name: 'order', namespace: 'https://example.com/ns', prefix: 'o', attribute: false, wrapped: false },
    externalDocs: { url: 'https://example.com/order' },
    ...(since31
      ? {
          $defs: { local: { $anchor: 'local', const: 1 } },
          patternProperties: { '^x-': true },
          if: { $ref: '#local' },
          then: {},
          unevaluatedProperties: false,
        }
      : {}),
  };
}

function petSchema(): JsonObject {
  return {
    allOf: [
      {
        type: 'object',
        properties: {
          kind: { type: 'string' },
          weight: { type: 'integer', format: 'int32', multipleOf: 5, maximum: 100 },
        },
      },
    ],
    anyOf: [{}],
    description: 'A pet',
  };
}

/** A document with as many operations as asked for, five on a path, each with parameters, a body, answers and a schema. */
export function largeDocument(operations: number): JsonObject {
  const verbs = ['get', 'put', 'post', 'delete', 'patch'];
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, Json> = {};
  for (let n = 0; n < operations; n += 1) {
    const verb = verbs[n % 5] ?? 'get';
    const group = Math.floor(n / 5);
    schemas[`Thing${n}`] = {
      type: 'object',
      required: ['id'],
      properties: Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [
          `field${i}`,
          { type: 'string', description: `Field ${i} of thing ${n}`, maxLength: 100 },
        ]),
      ),
    };
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/Thing${n}` } } };
    (paths[`/things${group}/{id}`] ??= {})[verb] = {
      operationId: `${verb}Thing${group}`,
      summary: `${verb} a thing`,
      description: 'Does what its name says, and nothing else, to the thing of the id in the path.',
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'fields', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
      ],
      ...(verb === 'get' || verb === 'delete' ? {} : { requestBody: { content } }),
      responses: { 200: { description: 'fine', content }, 404: { description: 'not there' } },
    };
  }
  return { openapi: '3.1.0', info: { title: 'Large', version: '1.0.0' }, paths, components: { schemas } };
}
