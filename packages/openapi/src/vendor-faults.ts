/**
 * Faults that published documents of large vendors have, each in the smallest document that shows it. No other tool stops at
 * most of them, and no text here is a vendor's. For the tests.
 */

export interface VendorFault {
  readonly name: string;
  readonly text: string;
  /** Ids of the operations that are published. */
  readonly operations: readonly string[];
  /** `GET /path` of those that are not. */
  readonly unpublished?: readonly string[];
  readonly errors?: number;
  /** A part of the message of the one finding; null: nothing is found. */
  readonly says: string | null;
}

const head = 'openapi: 3.0.3\ninfo: {title: Orders, version: "1"}\n';
const head31 = 'openapi: 3.1.0\ninfo: {title: Orders, version: "1"}\n';
const fine = '{responses: {"200": {description: fine}}}';
const orders = `paths:\n  /orders:\n    get: ${fine}\n`;
const answer = (content: string): string =>
  `paths:\n  /orders:\n    get:\n      responses:\n        "200": {description: fine, content: {application/json: ${content}}}\n`;
const parameter = (text: string): string =>
  `paths:\n  /orders:\n    get:\n      parameters:\n        - ${text}\n      responses: {"200": {description: fine}}\n`;
const schema = (text: string): string => `${orders}components:\n  schemas:\n    Order: ${text}\n`;
const id = '{name: id, in: path, required: true, schema: {type: string}}';

export const vendorFaults: readonly VendorFault[] = [
  {
    name: 'an enum on a parameter instead of its schema',
    text: head + parameter('{name: state, in: query, enum: [open], schema: {type: string}}'),
    operations: ['get_orders'],
    says: '`enum` is not a field of a Parameter Object',
  },
  {
    name: 'a tag declared twice',
    text: `${head}tags: [{name: a}, {name: a}]\n${orders}`,
    operations: ['get_orders'],
    says: 'The tag "a" is declared a second time',
  },
  {
    name: 'an array without items',
    text: head + schema('{type: array}'),
    operations: ['get_orders'],
    says: 'A schema of `type: array` needs `items`',
  },
  {
    name: 'a null description',
    text: `${head}tags: [{name: a, description: null}]\n${orders}`,
    operations: ['get_orders'],
    says: '`description` must be a text, but is empty (null)',
  },
  {
    name: 'a query in a path key',
    text: `${head}paths:\n  /orders?state=open:\n    get: ${fine}\n`,
    operations: ['get_orders_state_open'],
    says: 'it is routed as "/orders"',
  },
  {
    name: 'a fragment in a path key beside the path itself',
    text: `${head}paths:\n  /orders:\n    get: ${fine}\n  /orders#create:\n    post: ${fine}\n`,
    operations: ['get_orders', 'post_orders_create'],
    says: 'it is routed as "/orders"',
  },
  {
    name: 'a broken reference in an answer',
    text: head + answer('{schema: {$ref: "#/components/schemas/Gone"}}'),
    operations: ['get_orders'],
    says: 'leads to nothing',
  },
  {
    name: 'a broken reference in a parameter',
    text: head + parameter('{$ref: "#/components/parameters/Gone"}'),
    operations: ['get_orders'],
    says: 'leads to nothing',
  },
  {
    name: 'two templates that match the same addresses with different methods',
    text: `${head}paths:\n  /a/{x}:\n    parameters: [${id.replace('id', 'x')}]\n    get: ${fine}\n  /a/{y}:\n    parameters: [${id.replace('id', 'y')}]\n    post: ${fine}\n`,
    operations: ['get_a_x', 'post_a_y'],
    says: 'matches the same addresses',
  },
  {
    name: 'two templates that match the same addresses with the same method',
    text: `${head}paths:\n  /a/{x}:\n    parameters: [${id.replace('id', 'x')}]\n    get: ${fine}\n  /a/{y}:\n    parameters: [${id.replace('id', 'y')}]\n    get: ${fine}\n`,
    operations: ['get_a_x'],
    says: 'matches the same addresses',
  },
  { name: 'webhooks only', text: `${head31}webhooks:\n  shipped: {post: ${fine}}\n`, operations: [], says: null },
  {
    name: 'components only',
    text: `${head31}components: {schemas: {A: {type: string}}}\n`,
    operations: [],
    says: null,
  },
  {
    name: '$defs beside an $id',
    text: `${head31}${schema('{$id: "https://example.com/order", properties: {a: {$ref: "#/$defs/A"}}, $defs: {A: {type: string}}}')}`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a reference to the $id of another schema, relative to it',
    text: `${head31}${orders}components:\n  schemas:\n    A: {$id: "https://example.com/s/a", type: string}\n    B: {$id: "https://example.com/s/b", properties: {a: {$ref: a}}}\n`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a value of a server variable twice',
    text: `${head}servers: [{url: "https://{r}.example.com", variables: {r: {default: eu, enum: [eu, eu]}}}]\n${orders}`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'nullable in OpenAPI 3.1',
    text: head31 + schema('{type: string, nullable: true}'),
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a list of types in OpenAPI 3.0',
    text: head + schema('{type: [string, "null"]}'),
    operations: ['get_orders'],
    says: 'In OpenAPI 3.0 `type` is one text',
  },
  {
    name: 'example beside examples',
    text: head + answer('{example: 1, examples: {a: {value: 1}}}'),
    operations: ['get_orders'],
    says: 'exclude each other',
  },
  {
    name: 'an extension where no extension may be',
    text: `${head}paths:\n  /orders:\n    get:\n      x-rank: 1\n      responses: {"200": {description: fine, x-note: a}}\n`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'an unknown field',
    text: `${head}produces: [application/json]\n${orders}`,
    operations: ['get_orders'],
    says: '`produces` is not a field of an OpenAPI document',
  },
  {
    name: 'statuses as numbers',
    text: `${head}paths:\n  /orders:\n    get: {responses: {200: {description: fine}, 404: {description: gone}}}\n`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a status that is none',
    text: `${head}paths:\n  /orders:\n    get: {responses: {200: {description: fine}, 0: {description: odd}}}\n`,
    operations: ['get_orders'],
    says: '"0" is not an HTTP status',
  },
  {
    name: 'required: true on a property',
    text: head + schema('{properties: {a: {type: string, required: true}}}'),
    operations: ['get_orders'],
    says: '`required` of a schema is a list',
  },
  {
    name: 'security that is empty in all ways',
    text: `${head}security: []\npaths:\n  /a: {get: {security: [], responses: {200: {description: fine}}}}\n  /b: {get: {security: [{}], responses: {200: {description: fine}}}}\n`,
    operations: ['get_a', 'get_b'],
    says: null,
  },
  {
    name: 'security without a value',
    text: `${head}paths:\n  /a:\n    get:\n      security:\n      responses: {200: {description: fine}}\n`,
    operations: ['get_a'],
    says: '`security` must be a list',
  },
  {
    name: 'an undeclared scheme without scopes',
    text: `${head}security: [{login: []}]\n${orders}`,
    operations: ['get_orders'],
    says: 'The security scheme `login` is not declared',
  },
  {
    name: 'a scheme without a list of scopes',
    text: `${head}paths:\n  /a:\n    get:\n      security:\n        - key:\n      responses: {200: {description: fine}}\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}\n`,
    operations: ['get_a'],
    says: '`key` must be a list',
  },
  {
    name: 'an operationId twice',
    text: `${head}paths:\n  /a: {get: {operationId: a, responses: {200: {description: fine}}}, put: {operationId: a, responses: {200: {description: fine}}}}\n`,
    operations: ['a', 'put_a'],
    says: 'It is named after its method and path instead',
  },
  {
    name: 'a path parameter that nothing declares',
    text: `${head}paths:\n  /orders/{id}:\n    get: ${fine}\n`,
    operations: ['get_orders_id'],
    says: 'does not declare its variable `{id}`',
  },
  {
    name: 'a path parameter that is not in the path',
    text: head + parameter(id),
    operations: ['get_orders'],
    says: 'does not occur in "/orders"',
  },
  {
    name: 'a path with and without its last slash',
    text: `${head}paths:\n  /orders: {get: ${fine}}\n  /orders/: {get: ${fine}}\n`,
    operations: ['get_orders', 'get_orders_2'],
    says: null,
  },
  {
    name: 'header parameters that OpenAPI ignores',
    text: head + parameter('{name: Authorization, in: header, schema: {type: string}}'),
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a discriminator that is a text',
    text: head + schema('{type: object, discriminator: kind}'),
    operations: ['get_orders'],
    says: '`discriminator` must be an object',
  },
  {
    name: 'a discriminator whose mapping leads to nothing',
    text:
      head + schema('{type: object, discriminator: {propertyName: kind, mapping: {a: "#/components/schemas/Gone"}}}'),
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a version that YAML reads as a number',
    text: `openapi: 3.0.3\ninfo: {title: Orders, version: 1.0}\n${orders}`,
    operations: ['get_orders'],
    says: '`version` must be a text, but is the number 1. Put it in quotes.',
  },
  {
    name: 'a version that looks like a date',
    text: `openapi: 3.0.3\ninfo: {title: Orders, version: 2024-01-01}\n${orders}`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'an OpenAPI version of two numbers',
    text: `openapi: 3.0\ninfo: {title: Orders, version: "1"}\n${orders}`,
    operations: ['get_orders'],
    says: '`openapi` must be a text with three numbers',
  },
  {
    name: 'anchors, aliases and merge keys',
    text: `${head}x-answers: &answers\n  "200": {description: fine}\npaths:\n  /a:\n    get: &get\n      responses: *answers\n    put:\n      <<: *get\n      summary: merged\n`,
    operations: ['get_a', 'put_a'],
    says: null,
  },
  { name: 'a byte order mark', text: `\ufeff${head}${orders}`, operations: ['get_orders'], says: null },
  { name: 'CRLF line ends', text: `${head}${orders}`.replaceAll('\n', '\r\n'), operations: ['get_orders'], says: null },
  {
    name: 'tabs between values, and after them',
    text: `openapi:\t3.0.3\ninfo: {title: Orders, version: "1"}\t\n${orders}`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a key over several lines',
    text: `${head}? >-\n  x-long\n: 1\n${orders}`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a document that ends with a marker',
    text: `---\n${head}${orders}...\n---\n`,
    operations: ['get_orders'],
    says: null,
  },
  {
    name: 'a space and letters outside ASCII in a path',
    text: `${head}paths:\n  /my orders/größe: {get: ${fine}}\n`,
    operations: ['get_my_orders_gr_e'],
    says: 'has a space in it',
  },
  {
    name: 'an operation without a value',
    text: `${head}paths:\n  /orders:\n    get:\n`,
    operations: ['get_orders'],
    says: '`get` must be an object',
  },
  {
    name: 'an operation that is a text',
    text: `${head}paths:\n  /orders:\n    get: later\n    put: ${fine}\n`,
    operations: ['put_orders'],
    errors: 1,
    says: '`get` must be an object (an Operation Object), but is the text "later". It is not published.',
  },
  {
    name: 'braces that do not match',
    text: `${head}paths:\n  /orders/{id: {get: ${fine}}\n  /a: {get: ${fine}}\n`.replace(
      '/orders/{id:',
      '"/orders/{id":',
    ),
    operations: ['get_a'],
    unpublished: ['GET /orders/{id'],
    errors: 1,
    says: 'The braces in the path "/orders/{id" do not match',
  },
  {
    name: 'a path item that refers to nothing',
    text: `${head}paths:\n  /a: {$ref: "#/components/pathItems/A"}\n  /b: {get: ${fine}}\n`,
    operations: ['get_b'],
    errors: 1,
    says: 'Its operations are not published',
  },
  {
    name: 'scopes of a scheme that is not declared',
    text: `${head}paths:\n  /a: {get: {security: [{login: [read]}], responses: {200: {description: fine}}}}\n  /b: {get: ${fine}}\n`,
    operations: ['get_a', 'get_b'],
    says: 'The security scheme `login` is not declared',
  },
  {
    name: 'a key twice in a schema',
    text: head + schema('{type: object, type: object}'),
    operations: ['get_orders'],
    says: '`type` occurs here a second time',
  },
  {
    name: 'references to other files in schemas',
    text: `${head}${orders}components:\n  schemas:\n    A: {$ref: a.yaml}\n    B: {$ref: b.yaml#/B}\n    C: {$ref: "https://example.com/c"}\n`,
    operations: ['get_orders'],
    says: 'leads out of this document, and 2 more references with it',
  },
];
