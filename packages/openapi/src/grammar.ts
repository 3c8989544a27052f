/**
 * The objects of OpenAPI 3.0.x and 3.1.x, as the two specifications define them (spec.openapis.org/oas). One table;
 * where the versions differ, the field says which of them has it. Files of their own have info and servers, security
 * schemes, and Schema Objects.
 */
import { address, anyText, may, must, since31 } from './fields.ts';
import { documentation, info, server, servers, tags } from './info-grammar.ts';
import { isObject, member, quote, type JsonObject } from './json.ts';
import { exactlyOne, notBoth } from './rules.ts';
import { schema } from './schema-grammar.ts';
import { securitySchemeObject } from './security-grammar.ts';
import {
  anything,
  complain,
  flag,
  list,
  map,
  object,
  oneOf,
  orReference,
  step,
  text,
  type Field,
  type ObjectShape,
  type Shape,
  type Walk,
} from './shapes.ts';

/** Methods that a Path Item knows; `query` comes with OpenAPI 3.2. */
export const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

function componentName(key: string): string | undefined {
  if (/^[a-zA-Z0-9._-]+$/.test(key)) return undefined;
  return `The name ${quote(key)} cannot be referred to: names in \`components\` consist of letters, digits, \`.\`, \`-\` and \`_\`.`;
}

const named = (shape: Shape): Shape => map(shape, componentName);
const reusable = (name: string, definition: () => ObjectShape): Shape => orReference(name, object(definition));

const parameter = reusable('Parameter', () => parameterObject);
const header = reusable('Header', () => headerObject);
const requestBody = reusable('Request Body', () => requestBodyObject);
const response = reusable('Response', () => responseObject);
const example = reusable('Example', () => exampleObject);
const link = reusable('Link', () => linkObject);
const callback = reusable('Callback', () => callbackObject);
const securityScheme = orReference('Security Scheme', securitySchemeObject);
const pathItem = object(() => pathItemObject);
const mediaTypes = map(object(() => mediaTypeObject));
const requirements = list(map(list(anyText)));

/** `checks.ts` says where it is no object: nothing could be routed. */
const paths: Shape = (value, walk) => {
  if (isObject(value) || value === null) object(() => pathsObject)(value, walk);
};

/** A whole document. */
export const openapiDocument: Shape = object(() => documentObject);

const documentObject: ObjectShape = {
  name: 'an OpenAPI document',
  fields: {
    openapi: may(anything),
    info: must(info, 'an object with the `title` and the `version` of the API'),
    jsonSchemaDialect: since31(address),
    servers: may(servers),
    paths: may(paths),
    webhooks: since31(map(pathItem)),
    components: may(object(() => componentsObject)),
    security: may(requirements),
    tags: may(tags),
    externalDocs: documentation,
  },
  rule: (value, walk) => {
    if (walk.version === '3.1' || Object.hasOwn(value, 'paths') || !Object.hasOwn(value, 'components')) return;
    complain(
      walk,
      'The document has no `paths`, which OpenAPI 3.0 needs. Set `openapi` to "3.1.0", or add `paths: {}`.',
      'key',
    );
  },
};

const componentsObject: ObjectShape = {
  name: 'a Components Object',
  fields: {
    schemas: may(named(schema)),
    responses: may(named(response)),
    parameters: may(named(parameter)),
    examples: may(named(example)),
    requestBodies: may(named(requestBody)),
    headers: may(named(header)),
    securitySchemes: may(named(securityScheme)),
    links: may(named(link)),
    callbacks: may(named(callback)),
    pathItems: since31(named(pathItem)),
  },
};

const pathsObject: ObjectShape = {
  name: 'a Paths Object',
  fields: {},
  // `checks.ts` reports a key that is no path.
  others: () => pathItem,
};

const operation = object(() => operationObject);

/** `checks.ts` reports a value that is no object at all. */
const operationOrNothing: Shape = (value, walk) => {
  if (isObject(value) || value === null || walk.path[0] !== 'paths') operation(value, walk);
};

const pathItemObject: ObjectShape = {
  name:
    'a Path Item Object (its operations are under `get`, `post`, `put`, `patch`, `delete`, `head`, `options`, ' +
    '`trace`, in small letters)',
  fields: {
    $ref: may((value, walk) => walk.references.push({ path: [...walk.path], target: value, wants: 'Path Item' })),
    summary: may(anyText),
    description: may(anyText),
    servers: may(servers),
    parameters: may(list(parameter)),
    ...Object.fromEntries(methods.map((method) => [method, may(operationOrNothing)])),
  },
  // `checks.ts` reports a method that is misspelt.
  others: (_, value) => (isObject(member(value, 'responses')) ? anything : undefined),
};

const operationObject: ObjectShape = {
  name: 'an Operation Object',
  fields: {
    tags: may(list(anyText)),
    summary: may(anyText),
    description: may(anyText),
    externalDocs: documentation,
    operationId: may(
      text((value) => (value === '' ? 'is empty. Give the operation a name, or leave the line out.' : undefined)),
    ),
    parameters: may(list(parameter)),
    requestBody: may(requestBody),
    responses: may(object(() => responsesObject)),
    callbacks: may(map(callback)),
    deprecated: may(flag),
    security: may(requirements),
    servers: may(servers),
  },
  rule: (value, walk) => {
    if (walk.version === '3.1' || Object.hasOwn(value, 'responses')) return;
    complain(
      walk,
      `\`${walk.path.at(-1)}\` has no \`responses\`; an operation needs at least one, such as "200" with a \`description\`.`,
      'key',
    );
  },
};

const responsesObject: ObjectShape = {
  name: 'a Responses Object',
  fields: { default: may(response) },
  others: (key) => (/^[1-5](\d\d|XX)$/.test(key) ? response : undefined),
  othersAre: 'an HTTP status from "100" to "599", a range such as "4XX", or `default`',
  rule: (value, walk) => {
    if (Object.keys(value).some((key) => !key.startsWith('x-'))) return;
    complain(walk, '`responses` is empty; it needs at least one status, such as "200", or `default`.', 'key');
  },
};

const responseObject: ObjectShape = {
  name: 'a Response Object',
  fields: {
    description: must(anyText, 'what this answer means'),
    headers: may(map(header)),
    content: may(mediaTypes),
    links: may(named(link)),
  },
};

const requestBodyObject: ObjectShape = {
  name: 'a Request Body Object',
  fields: {
    description: may(anyText),
    content: must(mediaTypes, 'an object with a key for each media type, such as `application/json`'),
    required: may(flag),
  },
};

const mediaTypeObject: ObjectShape = {
  name: 'a Media Type Object',
  fields: {
    schema: may(schema),
    example: may(anything),
    examples: may(map(example)),
    encoding: may(map(object(() => encodingObject))),
  },
  rule: (value, walk) => notBoth(value, walk, 'example', 'examples'),
};

const encodingObject: ObjectShape = {
  name: 'an Encoding Object',
  fields: {
    contentType: may(anyText),
    headers: may(map(header)),
    style: may(oneOf('form', 'spaceDelimited', 'pipeDelimited', 'deepObject')),
    explode: may(flag),
    allowReserved: may(flag),
  },
};

const exampleObject: ObjectShape = {
  name: 'an Example Object',
  fields: { summary: may(anyText), description: may(anyText), value: may(anything), externalValue: may(address) },
  rule: (value, walk) => notBoth(value, walk, 'value', 'externalValue'),
};

const linkObject: ObjectShape = {
  name: 'a Link Object',
  fields: {
    operationRef: may(address),
    operationId: may(anyText),
    parameters: may(map(anything)),
    requestBody: may(anything),
    description: may(anyText),
    server: may(server),
  },
  rule: (value, walk) => exactlyOne(value, walk, 'operationId', 'operationRef'),
};

const callbackObject: ObjectShape = { name: 'a Callback Object', fields: {}, others: () => pathItem };

const headerFields: Record<string, Field> = {
  description: may(anyText),
  required: may(flag),
  deprecated: may(flag),
  allowEmptyValue: may(flag),
  explode: may(flag),
  allowReserved: may(flag),
  schema: may(schema),
  content: may(mediaTypes),
  example: may(anything),
  examples: may(map(example)),
};

const headerObject: ObjectShape = {
  name: 'a Header Object',
  fields: { ...headerFields, style: may(oneOf('simple')) },
  rule: oneSchema,
};

const stylesOf: Readonly<Record<string, readonly string[]>> = {
  path: ['matrix', 'label', 'simple'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

const placeOfParameter: Shape = (value, walk) => {
  if (value !== 'body' && value !== 'formData') return oneOf('path', 'query', 'header', 'cookie')(value, walk);
  return complain(
    walk,
    `\`in: ${value}\` belongs to Swagger 2.0. In OpenAPI 3 the body is described under \`requestBody\` of the operation.`,
  );
};

const parameterObject: ObjectShape = {
  name: 'a Parameter Object',
  fields: {
    ...headerFields,
    name: must(anyText, 'the name of the parameter'),
    in: must(placeOfParameter, 'where the parameter is sent: `path`, `query`, `header` or `cookie`'),
    style: may(anyText),
  },
  rule: (value, walk) => {
    oneSchema(value, walk);
    const place = typeof value['in'] === 'string' ? value['in'] : '';
    if (place === 'path' && value['required'] !== true) {
      complain(
        walk,
        `The path parameter ${quote(String(value['name']))} must say \`required: true\`: a path without it would be another path.`,
      );
    }
    const styles = stylesOf[place];
    const style = value['style'];
    if (styles !== undefined && typeof style === 'string') step(walk, 'style', style, oneOf(...styles));
  },
};

function oneSchema(value: JsonObject, walk: Walk): void {
  exactlyOne(value, walk, 'schema', 'content');
  notBoth(value, walk, 'example', 'examples');
  const content = value['content'];
  if (typeof content === 'object' && content !== null && Object.keys(content).length !== 1) {
    step(walk, 'content', content, (_, at) =>
      complain(
        at,
        `\`content\` of a parameter or header must have exactly one media type, but has ${Object.keys(content).length}.`,
      ),
    );
  }
}
