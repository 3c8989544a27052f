/**
 * Schema Objects: a closed list of keywords in OpenAPI 3.0, JSON Schema draft 2020-12 in 3.1 (where keywords that are not
 * known are allowed, and a schema may be `true` or `false`).
 */
import { anyText, may, must, only30, since31 } from './fields.ts';
import { documentation } from './info-grammar.ts';
import { describe, isObject, member, pointerOf, type Json } from './json.ts';
import {
  anything,
  complain,
  flag,
  list,
  map,
  number,
  object,
  oneOf,
  set,
  type ObjectShape,
  type Shape,
  type Walk,
} from './shapes.ts';

const count = number('a whole number from 0', (value) => Number.isInteger(value) && value >= 0);
const anyNumber = number('a number', () => true);
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const schemas = (itemsMin: number): Shape => list((value, walk) => schema(value, walk), itemsMin);
const namedSchemas: Shape = map((value, walk) => schema(value, walk));

/** A schema, or a reference to one. In 3.1 the keywords beside a `$ref` count too. */
export const schema: Shape = (value, walk) => {
  if (typeof value === 'boolean' && walk.version === '3.1') return;
  const target = member(value, '$ref');
  if (target !== undefined) walk.references.push({ path: [...walk.path, '$ref'], target, wants: 'Schema' });
  if (target === undefined || walk.version === '3.1') keywords(value, walk);
};

const keywords = object(() => schemaObject);

const type: Shape = (value, walk) => {
  if (walk.version === '3.1') {
    const one = oneOf(...types, 'null');
    return Array.isArray(value) ? set(one, 1)(value, walk) : one(value, walk);
  }
  if (!Array.isArray(value) && value !== 'null') return oneOf(...types)(value, walk);
  return complain(
    walk,
    `In OpenAPI 3.0 \`type\` is one text, and what may be null says \`nullable: true\`. Change it, or set \`openapi\` to "3.1.0".`,
  );
};

/** `exclusiveMinimum` and `exclusiveMaximum`: a flag beside `minimum` in 3.0, a number of its own in 3.1. */
function exclusive(bound: string): Shape {
  return (value, walk) => {
    if (typeof value === (walk.version === '3.1' ? 'number' : 'boolean')) return;
    const wanted =
      walk.version === '3.1' ? `a number in the place of \`${bound}\`` : `\`true\` or \`false\`, beside \`${bound}\``;
    complain(walk, `In OpenAPI ${walk.version} \`${walk.path.at(-1)}\` must be ${wanted}, but is ${describe(value)}.`);
  };
}

const schemaOrFlag: Shape = (value, walk) => {
  if (typeof value !== 'boolean') schema(value, walk);
};

const schemaObject: ObjectShape = {
  name: 'a Schema Object',
  open: (version) => version === '3.1',
  fields: {
    title: may(anyText),
    description: may(anyText),
    default: may(anything),
    deprecated: may(flag),
    readOnly: may(flag),
    writeOnly: may(flag),
    example: may(anything),
    examples: since31(list(anything)),
    externalDocs: documentation,
    discriminator: may(object(() => discriminatorObject)),
    xml: may(object(() => xmlObject)),
    nullable: only30(flag),

    type: may(type),
    enum: may(list(anything)),
    const: since31(anything),
    format: may(anyText),

    multipleOf: may(number('a number greater than 0', (value) => value > 0)),
    maximum: may(anyNumber),
    exclusiveMaximum: may(exclusive('maximum')),
    minimum: may(anyNumber),
    exclusiveMinimum: may(exclusive('minimum')),
    maxLength: may(count),
    minLength: may(count),
    pattern: may(anyText),
    maxItems: may(count),
    minItems: may(count),
    uniqueItems: may(flag),
    maxContains: since31(count),
    minContains: since31(count),
    maxProperties: may(count),
    minProperties: may(count),
    required: may((value: Json, walk: Walk) => {
      if (typeof value === 'boolean')
        complain(
          walk,
          '`required` of a schema is a list of the names of the properties that must be there. `true` and `false` ' +
            'exist at parameters and request bodies only.',
        );
      else set(anyText, walk.version === '3.0' ? 1 : 0)(value, walk);
    }),
    dependentRequired: since31(map(list(anyText))),

    properties: may(namedSchemas),
    patternProperties: since31(namedSchemas),
    additionalProperties: may(schemaOrFlag),
    propertyNames: since31(schema),
    unevaluatedProperties: since31(schema),
    items: may(schema),
    prefixItems: since31(schemas(1)),
    contains: since31(schema),
    unevaluatedItems: since31(schema),
    allOf: may(schemas(0)),
    anyOf: may(schemas(0)),
    oneOf: may(schemas(0)),
    not: may(schema),
    if: since31(schema),
    then: since31(schema),
    else: since31(schema),
    dependentSchemas: since31(namedSchemas),
    contentEncoding: since31(anyText),
    contentMediaType: since31(anyText),
    contentSchema: since31(schema),

    $schema: since31(anyText),
    $id: since31(anyText),
    $anchor: since31(anyText),
    $dynamicAnchor: since31(anyText),
    $dynamicRef: since31(anyText),
    $comment: since31(anyText),
    $defs: since31(namedSchemas),
    $vocabulary: since31(map(flag)),
    // Also met beside other keywords in 3.1; `schema` above has taken note of it.
    $ref: since31(anything),
  },
  rule: (value, walk) => {
    if (walk.version === '3.0' && value['type'] === 'array' && !Object.hasOwn(value, 'items')) {
      complain(walk, 'A schema of `type: array` needs `items`: the schema of what is in the list.', 'key');
    }
  },
};

const discriminatorObject: ObjectShape = {
  name: 'a Discriminator Object',
  fields: {
    propertyName: must(anyText, 'the name of the property that tells the schemas apart'),
    mapping: may(map(anyText)),
  },
};

const xmlObject: ObjectShape = {
  name: 'an XML Object',
  fields: {
    name: may(anyText),
    namespace: may(anyText),
    prefix: may(anyText),
    attribute: may(flag),
    wrapped: may(flag),
  },
};

/** Every name that a `$ref` may use instead of a pointer, and the schemas that have an `$id`. */
export function schemaNames(root: Json): { readonly names: Set<string>; readonly bases: Set<string> } {
  const names = new Set<string>();
  const bases = new Set<string>();
  const open: { value: Json; pointer: string }[] = [{ value: root, pointer: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, pointer } = next;
    if (isObject(value)) {
      for (const key of ['$anchor', '$dynamicAnchor']) if (typeof value[key] === 'string') names.add(`#${value[key]}`);
      if (typeof value['$id'] === 'string') names.add(value['$id']);
      if (typeof value['$id'] === 'string') bases.add(pointer);
    }
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, child] of Object.entries<Json>(value))
      if (typeof child === 'object' && child !== null)
        open.push({ value: child, pointer: `${pointer}${pointerOf([key])}` });
  }
  return { names, bases };
}
