/** Options from schemas, and values from options: typed words become the values of the contract. */
import { parse } from 'yaml';
import type { Option } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { joined, say, verbatim, type Text } from '../language/say.ts';
import { descriptionOf, isOpen, propertiesOf, requiredOf, shapeOf, type Schema, type Shape } from '../schema.ts';

/** `redirect_uris` is `--redirect-uris`. */
export const flagName = (field: string): string => field.replaceAll('_', '-');

export interface Field {
  readonly field: string;
  readonly schema: Schema;
  readonly shape: Shape;
  readonly required: boolean;
}

/** The top-level properties of an object schema. */
export function fieldsOf(schema: Schema): Field[] {
  const required = requiredOf(schema);
  return Object.entries(propertiesOf(schema)).map(([field, one]) => ({
    field,
    schema: one,
    shape: shapeOf(one),
    required: required.includes(field),
  }));
}

/** The option that sets a field. */
export function optionOf({ field, schema, shape, required }: Field): Option {
  const element = shape.kind === 'array' ? shapeOf(shape.schema.items ?? {}) : shape;
  return {
    name: flagName(field),
    type: shape.kind === 'boolean' ? 'boolean' : 'string',
    summary: summaryOf(schema, shape),
    ...(shape.kind === 'array' ? { multiple: true as const } : {}),
    ...(shape.kind === 'boolean' ? {} : { placeholder: placeholderOf(element) }),
    ...(element.choices === undefined ? {} : { choices: element.choices }),
    ...(required ? { required: true as const } : {}),
  };
}

function placeholderOf(shape: Shape): string {
  if (shape.choices !== undefined) return shape.choices.join('|');
  if (shape.kind === 'object' || shape.kind === 'array') return objectPlaceholder(shape.schema);
  if (shape.schema.format === 'date-time') return 'TIME';
  if (shape.kind === 'any' && shape.alternatives.some((one) => shapeOf(one).kind === 'object')) return 'FILE';
  return shape.kind === 'integer' || shape.kind === 'number' ? 'N' : 'TEXT';
}

/** `url=TEXT[,weight=N]` */
function objectPlaceholder(schema: Schema): string {
  const parts = fieldsOf(schema).map((one) => ({ ...one, text: `${one.field}=${placeholderOf(one.shape)}` }));
  if (parts.length === 0) return 'JSON';
  const required = parts.filter((one) => one.required).map((one) => one.text);
  const optional = parts.filter((one) => !one.required).map((one) => `[,${one.text}]`);
  return (required.join(',') + optional.join('')).replace(/^\[,([^\]]*)\]/, '$1');
}

function summaryOf(schema: Schema, shape: Shape): Text {
  const description = descriptionOf(schema) || descriptionOf(shape.schema);
  const standard = schema.default;
  const isSaid = standard !== undefined && standard !== null && standard !== '' && JSON.stringify(standard) !== '[]';
  const notes = [
    shape.kind === 'array' ? 'repeatable' : '',
    isSaid ? say`default ${typeof standard === 'object' ? JSON.stringify(standard) : String(standard)}` : '',
    shape.nullable ? '"null" for none' : '',
  ].filter((note) => note !== '');
  if (notes.length === 0) return description;
  return joined([description, joined([verbatim('('), joined(notes, '; '), verbatim(')')], '')], ' ');
}

/** The value of a field from all values of its flag. */
export function valueOfFlag({ field, shape }: Field, texts: readonly string[]): unknown {
  const where = `--${flagName(field)}`;
  if (shape.kind !== 'array') return coerce(texts.at(-1) ?? '', shape, where);
  if (texts.length === 1 && texts[0] === '') return [];
  const element = shapeOf(shape.schema.items ?? {});
  return texts.flatMap((text) => {
    const isList = text.startsWith('[');
    return isList ? listOf(text, where) : [coerce(text, element, where)];
  });
}

function listOf(text: string, where: string): unknown[] {
  const value = parseFlow(text, where);
  return Array.isArray(value) ? value : [value];
}

/** Text to a value of this shape. Throws `usage` for an invalid number, or for a word that is not among the choices. */
export function coerce(text: string, shape: Shape, where: string): unknown {
  if (shape.nullable && text === 'null') return null;
  if (shape.choices !== undefined) return choice(text, shape.choices, where);
  if (shape.kind === 'string') return text;
  if (shape.kind === 'integer' || shape.kind === 'number') return numberOf(text, where);
  if (shape.kind === 'boolean') return choice(text, ['true', 'false'], where) === 'true';
  if (shape.kind === 'object') return objectOf(text, shape.schema, where);
  if (shape.kind === 'array') return listOf(text, where);
  return shape.alternatives.some((one) => shapeOf(one).kind === 'string') ? text : parseFlow(text, where);
}

function choice(text: string, choices: readonly string[], where: string): string {
  if (choices.includes(text)) return text;
  throw usageFailure(say`"${where}" must be one of ${choices.join(', ')}; "${text}" is not.`);
}

function numberOf(text: string, where: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (text.trim() === '' || !Number.isFinite(value))
    throw usageFailure(say`"${where}" takes a number; "${text}" is not a number.`);
  return value;
}

/** `url=http://…,weight=2`; `{…}` as JSON or YAML; a single value if one property is required, or for the first if none is. */
function objectOf(text: string, schema: Schema, where: string): unknown {
  if (text.trimStart().startsWith('{')) return parseFlow(text, where);
  const fields = fieldsOf(schema);
  const required = fields.filter((one) => one.required);
  const [first] = required.length === 0 ? fields : required;
  const isPairs = /^[a-z_]+=/.test(text);
  if (!isPairs && first !== undefined && required.length < 2) {
    return { [first.field]: coerce(text, first.shape, where) };
  }
  return Object.fromEntries(text.split(/,(?=[a-z_]+=)/).map((pair) => pairOf(pair, fields, where)));
}

function pairOf(pair: string, fields: readonly Field[], where: string): readonly [string, unknown] {
  const [, name, value] = /^([a-z_]+)=(.*)$/s.exec(pair) ?? [];
  const field = fields.find((one) => one.field === name);
  if (name === undefined || value === undefined || (field === undefined && fields.length > 0)) {
    const known = fields.map((one) => `${one.field}=…`).join(',');
    throw usageFailure(say`"${where}" takes ${known}; "${pair}" is not one of these.`);
  }
  return [name, field === undefined ? value : coerce(value, field.shape, `${where} ${name}`)];
}

function parseFlow(text: string, where: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, logLevel: 'error' }) as unknown;
  } catch {
    throw usageFailure(say`"${where}" is neither JSON nor YAML: ${text.slice(0, 60)}`);
  }
}

type Tree = Record<string, unknown>;

/** `--set limits.0.requests=100`: sets the value at a path of names and positions in a body. */
export function setPath(body: Tree, assignment: string, schema: Schema): void {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined)
    throw usageFailure(say`"--set" takes PATH=VALUE; "${assignment}" is not of this form.`);
  const steps = path.split('.');
  const target = schemaAt(schema, steps, path);
  let node: Tree = body;
  steps.slice(0, -1).forEach((step, i) => {
    node[step] ??= /^\d+$/.test(steps[i + 1] ?? '') ? [] : {};
    const next = node[step];
    if (typeof next !== 'object' || next === null)
      throw usageFailure(say`"--set ${path}": "${step}" is a value and has no fields.`);
    node = next as Tree;
  });
  const shape = shapeOf(target);
  node[steps.at(-1) ?? ''] =
    shape.kind === 'any' ? parseFlow(text, `--set ${path}`) : coerce(text, shape, `--set ${path}`);
}

function schemaAt(schema: Schema, steps: readonly string[], path: string): Schema {
  let at = schema;
  for (const step of steps) {
    if (step === '__proto__') throw usageFailure(say`"--set ${path}": there is no field "${step}".`);
    const shape = shapeOf(at);
    const properties = propertiesOf(shape.schema);
    if (/^\d{1,4}$/.test(step) && shape.kind === 'array') at = shape.schema.items ?? {};
    else if (Object.hasOwn(properties, step)) at = properties[step] ?? {};
    else if (shape.kind !== 'array' && isOpen(at)) at = {};
    else
      throw usageFailure(
        say`"--set ${path}": there is no field "${step}". Known fields: ${Object.keys(properties).join(', ')}.`,
      );
  }
  return at;
}
