/** JSON Schema as zod emits it: the part that options, tables and key checks need. */
import { z } from 'zod';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The schema of the request (`input`) or the answer (`output`). */
export function schemaOf(type: z.ZodType, io: 'input' | 'output'): Schema {
  const plain: unknown = z.toJSONSchema(type, { io, unrepresentable: 'any', reused: 'inline' });
  return plain as Schema;
}

export type Kind = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'any';
const kinds = new Set<string>(['string', 'number', 'integer', 'boolean', 'array', 'object']);

/** A schema without its null alternative, and whether null is allowed. */
export interface Shape {
  readonly kind: Kind;
  readonly nullable: boolean;
  /** The only alternative that is not null; the schema itself if there are several. */
  readonly schema: Schema;
  /** Every alternative that is not null. */
  readonly alternatives: readonly Schema[];
  readonly choices: readonly string[] | undefined;
}

export function shapeOf(schema: Schema): Shape {
  const all = alternativesOf(schema);
  const alternatives = all.filter((one) => one.type !== 'null');
  const only = alternatives.length === 1 ? alternatives[0] : undefined;
  const effective = only ?? schema;
  return {
    kind: only === undefined ? 'any' : kindOf(only),
    nullable: alternatives.length < all.length,
    schema: effective,
    alternatives,
    choices: choicesOf(alternatives),
  };
}

function alternativesOf(schema: Schema): readonly Schema[] {
  const inner = schema.anyOf ?? schema.oneOf;
  if (inner !== undefined) return inner.flatMap(alternativesOf);
  if (typeof schema.type === 'string' || schema.type === undefined) return [schema];
  return schema.type.map((type) => ({ ...schema, type }));
}

function kindOf(schema: Schema): Kind {
  if (typeof schema.type === 'string' && kinds.has(schema.type)) return schema.type as Kind;
  if (schema.properties !== undefined) return 'object';
  if (schema.enum !== undefined || typeof schema.const === 'string') return 'string';
  return 'any';
}

function choicesOf(alternatives: readonly Schema[]): readonly string[] | undefined {
  const values = alternatives.map((one) => one.enum ?? (one.const === undefined ? undefined : [one.const]));
  if (values.length === 0 || values.some((one) => one === undefined)) return undefined;
  return values.flatMap((one) => one ?? []).map(String);
}

/** The properties of an object schema, including those of its parts (intersections, unions). */
export function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return Object.assign({}, ...parts.map(propertiesOf), schema.properties ?? {}) as Record<string, Schema>;
}

/** The required names. A union requires the names that all its parts require. */
export function requiredOf(schema: Schema): readonly string[] {
  const alternatives = (schema.anyOf ?? schema.oneOf ?? []).filter((one) => one.type !== 'null').map(requiredOf);
  const shared = alternatives[0]?.filter((name) => alternatives.every((one) => one.includes(name))) ?? [];
  return [...new Set([...(schema.required ?? []), ...(schema.allOf ?? []).flatMap(requiredOf), ...shared])];
}

/** The description of a schema, or of its first alternative that has one. */
export function descriptionOf(schema: Schema): string {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return schema.description ?? inner.map(descriptionOf).find((text) => text !== '') ?? '';
}

/** Whether the schema allows keys that it does not name. */
export function isOpen(schema: Schema): boolean {
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) return true;
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return inner.some((one) => isOpen(one)) || Object.keys(propertiesOf(schema)).length === 0;
}
