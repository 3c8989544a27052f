/** Documents as people really send them, each broken in its own way, and the finding about it. For the tests. */

export interface BrokenDocument {
  readonly name: string;
  readonly text: string;
  /** The place of the first finding. */
  readonly line: number;
  readonly pointer: string;
  /** The number of all findings; 1 by default. */
  readonly count?: number;
  /** The whole message of the first finding. */
  readonly says: string;
  /** The cost of an error; absent where the finding is a warning. */
  readonly costs?: 'document';
}

const head = `openapi: 3.1.0
info:
  title: Orders
  version: 1.0.0
`;
const ok = `      responses:
        "200":
          description: fine
`;
const head30 = head.replace('3.1.0', '3.0.3');

export const brokenDocuments: readonly BrokenDocument[] = [
  {
    name: 'nothing',
    costs: 'document',
    text: ' \n',
    line: 1,
    pointer: '',
    says: 'The document is empty. Send an OpenAPI 3.0 or 3.1 document, as YAML or JSON.',
  },
  {
    name: 'a web page instead of the file',
    costs: 'document',
    text: '<!DOCTYPE html>\n<html></html>\n',
    line: 1,
    pointer: '',
    says: 'This is a web page or XML, not an OpenAPI document. If you downloaded it, take the "raw" address of the file.',
  },
  {
    name: 'a list instead of a document',
    costs: 'document',
    text: '- openapi: 3.1.0\n',
    line: 1,
    pointer: '',
    says: 'An OpenAPI document is an object that begins with `openapi: 3.1.0`, but this is a list.',
  },
  {
    name: 'Swagger 2.0',
    costs: 'document',
    text: 'info:\n  title: Orders\nswagger: "2.0"\n',
    line: 3,
    pointer: '/swagger',
    says:
      'This is a Swagger 2.0 document. Tulou reads OpenAPI 3.0 and 3.1. Convert it, for example with `npx ' +
      'swagger2openapi --yaml --outfile openapi.yaml swagger.yaml`, or with "Convert to OpenAPI 3" on editor.swagger.io.',
  },
  {
    name: 'OpenAPI 3.2',
    costs: 'document',
    text: 'openapi: 3.2.0\n',
    line: 1,
    pointer: '/openapi',
    says:
      'This document is of OpenAPI 3.2.0. Tulou reads OpenAPI 3.0 and 3.1. If it uses nothing that is new in 3.2 ' +
      '(`query` operations, `additionalOperations`, streaming media types, nested tags), set `openapi` to "3.1.1" and send it again.',
  },
  {
    name: 'a version that YAML reads as a number',
    text: `${head.replace('3.1.0', '3.1')}paths: {}\n`,
    line: 1,
    pointer: '/openapi',
    says: '`openapi` must be a text with three numbers, but is the number 3.1. Write `openapi: 3.1.0`.',
  },
  {
    name: 'no version',
    costs: 'document',
    text: 'info:\n  title: Orders\n',
    line: 1,
    pointer: '/openapi',
    says: 'The document has no `openapi`. Begin it with `openapi: 3.1.0`, or 3.0.3 if it was written for 3.0.',
  },
  {
    name: 'a tab in the indentation',
    costs: 'document',
    text: 'openapi: 3.1.0\ninfo:\n\ttitle: Orders\n',
    line: 3,
    pointer: '',
    says: 'There is a tab in the indentation. YAML is indented with spaces only. It is before "title: Orders".',
  },
  {
    name: 'a colon in a text without quotes',
    costs: 'document',
    text: `${head}  description: Orders: all of them\npaths: {}\n`,
    line: 5,
    pointer: '',
    says:
      'There is a second `: ` in this line. Put the text in quotes if the colon belongs to it, else begin a new ' +
      'line. It is before "Orders: all of them".',
  },
  {
    name: 'a quote that is never closed',
    costs: 'document',
    text: 'openapi: "3.1.0\ninfo: {}\n',
    line: 2,
    pointer: '',
    says: 'A text in quotes is opened further up and never closed.',
  },
  {
    name: 'a path twice',
    costs: 'document',
    text: `${head}paths:\n  /orders:\n    get:\n${ok}  /orders:\n    post:\n${ok}`,
    line: 11,
    pointer: '/paths/~1orders',
    says: '`/orders` occurs here a second time, first in line 6. Only one of the two would count: join them, or rename one.',
  },
  {
    name: 'no paths',
    costs: 'document',
    text: head,
    line: 1,
    pointer: '',
    says: 'The document has no `paths`; an OpenAPI document needs one: an object whose keys are the paths of the API, such as `/orders`.',
  },
  {
    name: 'paths as a list',
    costs: 'document',
    text: `${head}paths:\n  - /orders\n`,
    line: 5,
    pointer: '/paths',
    says: '`paths` must be an object (a Paths Object), but is a list.',
  },
  {
    name: 'no title',
    text: 'openapi: 3.1.0\ninfo:\n  version: 1.0.0\npaths: {}\n',
    line: 2,
    pointer: '/info',
    says: '`info` has no `title`; an Info Object needs one: the name of the API.',
  },
  {
    name: 'a version of the API that YAML reads as a number',
    text: 'openapi: 3.1.0\ninfo:\n  title: Orders\n  version: 1.5\npaths: {}\n',
    line: 4,
    pointer: '/info/version',
    says: '`version` must be a text, but is the number 1.5. Put it in quotes: "1.5".',
  },
  {
    name: 'a path without its slash',
    costs: 'document',
    text: `${head}paths:\n  orders:\n    get:\n${ok}`,
    line: 6,
    pointer: '/paths/orders',
    says: '"orders" is not a path: paths begin with `/`, such as `/orders`. Server addresses belong under `servers`.',
  },
  {
    name: 'a method misspelt',
    costs: 'document',
    text: `${head}paths:\n  /orders:\n    pots:\n${ok}`,
    line: 7,
    pointer: '/paths/~1orders/pots',
    says:
      '`pots` is not a method of a Path Item Object (its operations are under `get`, `post`, `put`, `patch`, ' +
      '`delete`, `head`, `options`, `trace`, in small letters). It is not published. Did you mean `post`?',
  },
  {
    name: 'a field misspelt',
    text: `${head}paths:\n  /orders:\n    get:\n      sumary: all orders\n${ok}`,
    line: 8,
    pointer: '/paths/~1orders/get/sumary',
    says: '`sumary` is not a field of an Operation Object. Did you mean `summary`?',
  },
  {
    name: 'an answer without a description',
    text: `${head}paths:\n  /orders:\n    get:\n      responses:\n        200: {}\n`,
    line: 9,
    pointer: '/paths/~1orders/get/responses/200',
    says: '`200` has no `description`; a Response Object needs one: what this answer means.',
  },
  {
    name: 'a status that does not exist',
    text: `${head}paths:\n  /orders:\n    get:\n      responses:\n        OK:\n          description: fine\n`,
    line: 9,
    pointer: '/paths/~1orders/get/responses/OK',
    says: '"OK" is not an HTTP status from "100" to "599", a range such as "4XX", or `default`.',
  },
  {
    name: 'a variable of the path that nobody declares',
    text: `${head}paths:\n  /orders/{id}:\n    get:\n${ok}`,
    line: 7,
    pointer: '/paths/~1orders~1{id}/get',
    says:
      '`get` "/orders/{id}" does not declare its variable `{id}`. Add a parameter with `name: id`, `in: path`, ' +
      '`required: true` and a `schema`.',
  },
  {
    name: 'a path parameter that is not in the path',
    text:
      `${head}paths:\n  /orders:\n    get:\n      parameters:\n        - {name: id, in: path, required: true, ` +
      `schema: {type: string}}\n${ok}`,
    line: 9,
    pointer: '/paths/~1orders/get/parameters/0',
    says: 'The path parameter "id" does not occur in "/orders". Write `{id}` there, or remove the parameter.',
  },
  {
    name: 'a path parameter that is not required',
    text: `${head}paths:\n  /orders/{id}:\n    get:\n      parameters:\n        - {name: id, in: path, schema: {type: string}}\n${ok}`,
    line: 9,
    pointer: '/paths/~1orders~1{id}/get/parameters/0',
    says: 'The path parameter "id" must say `required: true`: a path without it would be another path.',
  },
  {
    name: 'a parameter twice',
    text:
      `${head}paths:\n  /orders:\n    get:\n      parameters:\n        - {name: page, in: query, schema: {type: ` +
      `string}}\n        - {name: page, in: query, schema: {type: integer}}\n${ok}`,
    line: 10,
    pointer: '/paths/~1orders/get/parameters/1',
    says: 'The query parameter "page" is declared a second time, first in line 9. Remove one of the two.',
  },
  {
    name: 'a body as a parameter, as in Swagger 2.0',
    text: `${head}paths:\n  /orders:\n    post:\n      parameters:\n        - {name: order, in: body, schema: {type: object}}\n${ok}`,
    line: 9,
    pointer: '/paths/~1orders/post/parameters/0/in',
    says: '`in: body` belongs to Swagger 2.0. In OpenAPI 3 the body is described under `requestBody` of the operation.',
  },
  {
    name: 'two paths that match the same addresses',
    text:
      `${head}paths:\n  /orders/{id}:\n    parameters: [{name: id, in: path, required: true, schema: {}}]\n    ` +
      `get:\n${ok}  /orders/{number}:\n    parameters: [{name: number, in: path, required: true, schema: {}}]\n    get:\n${ok}`,
    line: 12,
    pointer: '/paths/~1orders~1{number}',
    says:
      '"/orders/{number}" matches the same addresses as "/orders/{id}" in line 6. Join the two: names in braces do ' +
      'not tell paths apart.',
  },
  {
    name: 'an operationId twice',
    text: `${head}paths:\n  /orders:\n    get:\n      operationId: orders\n${ok}    post:\n      operationId: orders\n${ok}`,
    line: 13,
    pointer: '/paths/~1orders/post/operationId',
    says: 'The operationId "orders" is used a second time, first in line 8. It is named after its method and path instead.',
  },
  {
    name: 'a reference that leads to nothing',
    text:
      `${head}paths:\n  /orders:\n    get:\n      responses:\n        "200":\n          description: fine\n        ` +
      `  content:\n            application/json:\n              schema:\n                $ref: ` +
      `"#/components/schemas/Ordr"\ncomponents:\n  schemas:\n    Order: {type: object}\n`,
    line: 14,
    pointer: '/paths/~1orders/get/responses/200/content/application~1json/schema/$ref',
    says:
      '"#/components/schemas/Ordr" leads to nothing: there is no `Ordr` in `components/schemas`. Did you mean ' +
      '"#/components/schemas/Order"?',
  },
  {
    name: 'a reference to another file',
    text: `${head}paths:\n  /orders:\n    get:\n      responses:\n        "404":\n          $ref: ./common.yaml#/NotFound\n`,
    line: 10,
    pointer: '/paths/~1orders/get/responses/404/$ref',
    says:
      '"./common.yaml#/NotFound" leads out of this document. Tulou reads one document and fetches nothing: bundle ' +
      'it first, for example with `npx @redocly/cli bundle openapi.yaml -o bundled.yaml`.',
  },
  {
    name: 'a reference to the wrong kind of thing',
    text:
      `${head}paths:\n  /orders:\n    get:\n      parameters:\n        - $ref: ` +
      `"#/components/schemas/Page"\n${ok}components:\n  schemas:\n    Page: {type: integer}\n`,
    line: 9,
    pointer: '/paths/~1orders/get/parameters/0/$ref',
    says: '"#/components/schemas/Page" leads to a Schema Object, but a Parameter Object is needed here.',
  },
  {
    name: 'references in a circle',
    text: `${head}paths: {}\ncomponents:\n  schemas:\n    A: {$ref: "#/components/schemas/B"}\n    B: {$ref: "#/components/schemas/A"}\n`,
    line: 8,
    pointer: '/components/schemas/A/$ref',
    count: 2,
    says: '"#/components/schemas/B" leads back to itself and never to content.',
  },
  {
    name: 'a security scheme that nobody declares',
    text:
      `${head}paths:\n  /orders:\n    get:\n      security:\n        - apikey: []\n${ok}components:\n  ` +
      `securitySchemes:\n    apiKey: {type: http, scheme: bearer}\n`,
    line: 9,
    pointer: '/paths/~1orders/get/security/0/apikey',
    says: 'The security scheme `apikey` is not declared under `components/securitySchemes`; there are `apiKey`. Did you mean `apiKey`?',
  },
  {
    name: 'a security scheme that leaves half unsaid',
    text: `${head}paths: {}\ncomponents:\n  securitySchemes:\n    key:\n      type: apiKey\n      name: X-Key\n`,
    line: 8,
    pointer: '/components/securitySchemes/key',
    says: 'The security scheme `key` of type `apiKey` has no `in`: where the key is sent: `header`, `query` or `cookie`.',
  },
  {
    name: 'a server without a scheme',
    text: `${head}servers:\n  - url: api.example.com/v1\npaths: {}\n`,
    line: 6,
    pointer: '/servers/0/url',
    says: 'The server URL "api.example.com/v1" has no scheme. Write "https://api.example.com/v1", or begin it with `/` if it is a path.',
  },
  {
    name: 'a type that JSON Schema does not know',
    text: `${head}paths: {}\ncomponents:\n  schemas:\n    Count: {type: int}\n`,
    line: 8,
    pointer: '/components/schemas/Count/type',
    says: '`type` must be one of `array`, `boolean`, `integer`, `number`, `object`, `string`, `null`, but is the text "int".',
  },
  {
    name: 'a property that says itself that it is required',
    text:
      `${head}paths: {}\ncomponents:\n  schemas:\n    Order:\n      properties:\n        id:\n          type: ` +
      `string\n          required: true\n`,
    line: 12,
    pointer: '/components/schemas/Order/properties/id/required',
    says:
      '`required` of a schema is a list of the names of the properties that must be there. `true` and `false` ' +
      'exist at parameters and request bodies only.',
  },
  {
    name: 'a list of types in OpenAPI 3.0',
    text: `${head30}paths: {}\ncomponents:\n  schemas:\n    Note:\n      type: [string, "null"]\n`,
    line: 9,
    pointer: '/components/schemas/Note/type',
    says: 'In OpenAPI 3.0 `type` is one text, and what may be null says `nullable: true`. Change it, or set `openapi` to "3.1.0".',
  },
  {
    name: 'webhooks in OpenAPI 3.0',
    text: `${head30}paths: {}\nwebhooks: {}\n`,
    line: 6,
    pointer: '/webhooks',
    says: '`webhooks` exists in OpenAPI 3.1 only, and this document says 3.0. Remove it, or change the version in `openapi`.',
  },
  {
    name: 'an operation without answers in OpenAPI 3.0',
    text: `${head30}paths:\n  /orders:\n    get:\n      summary: all orders\n`,
    line: 7,
    pointer: '/paths/~1orders/get',
    says: '`get` has no `responses`; an operation needs at least one, such as "200" with a `description`.',
  },
  {
    name: 'JSON with a key twice',
    costs: 'document',
    text: '{\n  "openapi": "3.1.0",\n  "info": {"title": "Orders", "version": "1"},\n  "paths": {},\n  "paths": {}\n}\n',
    line: 5,
    pointer: '/paths',
    says: '`paths` occurs here a second time, first in line 4. Only one of the two would count: join them, or rename one.',
  },
  {
    name: 'JSON that is cut short',
    costs: 'document',
    text: '{\n  "openapi": "3.1.0",\n  "info": {"title": "Orders"\n',
    line: 4,
    pointer: '',
    says: 'A `{` or `[` is opened further up and never closed: the document, or the part in braces, ends before it is complete.',
  },
  {
    name: 'aliases that stand for billions of values',
    costs: 'document',
    text: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(',')}]`)
      .join('\n')}\n`,
    line: 1,
    pointer: '',
    says: 'The document stands for more than 2,000,000 values once its aliases (`*name`) are written out. Use `$ref` to repeat things.',
  },
];
