/** Checks that the parts of a document agree with each other, which a grammar cannot express. One check a function, listed at the end. */
import { limits } from '@tulou/contract';
import type { Findings } from './findings.ts';
import { methods } from './grammar.ts';
import { describe, isList, isObject, member, quote, type Json, type JsonObject } from './json.ts';
import { didYouMean } from './nearest.ts';
import type { FoundOperation } from './found.ts';
import { wrongName } from './operations.ts';
import { deref } from './references.ts';
import { checkSecurity } from './security.ts';
import { routeOf, variablesOf } from './templates.ts';

export interface Subject {
  readonly root: Json;
  readonly operations: readonly FoundOperation[];
  readonly findings: Findings;
  /** Line of a place in the document, for "first in line …". Slow: only for messages. */
  line(path: readonly string[]): number;
}

type Check = (subject: Subject) => void;

/** Path keys: a key without a route is not published. Two keys must differ in more than the names of variables. */
const templates: Check = ({ root, operations, findings, line }) => {
  const paths = member(root, 'paths');
  if (!isObject(paths)) return;
  const firstOfShape = new Map<string, string>();
  for (const template of Object.keys(paths).filter((key) => !key.startsWith('x-'))) {
    const at = ['paths', template];
    const { route, wrong, note } = routeOf(template);
    const costs = operations.filter((one) => one.template === template).map((one) => ['paths', template, one.method]);
    if (wrong !== undefined) findings.cost(costs, at, wrong, 'key');
    if (note !== undefined) findings.add(at, note, 'key');
    const shape = route?.segments.map((segment) => segment.map((piece) => piece ?? '{}').join('')).join('/');
    if (shape === undefined) continue;
    const first = firstOfShape.get(shape);
    if (first === undefined) firstOfShape.set(shape, template);
    else if (note === undefined) findings.add(at, saySameAddresses(template, first, line(['paths', first])), 'key');
  }
};

const saySameAddresses = (template: string, first: string, firstLine: number): string =>
  `${quote(template)} matches the same addresses as ${quote(first)} in line ${firstLine}. Join the two: names in ` +
  `braces do not tell paths apart.`;

/** Values that look like operations but cannot be any. */
const misplaced: Check = ({ root, findings }) => {
  const paths = member(root, 'paths');
  if (paths !== undefined && paths !== null && !isObject(paths)) findings.refuse(['paths'], sayPaths(paths));
  if (!isObject(paths)) return;
  for (const [template, item] of Object.entries(paths)) {
    if (template.startsWith('x-') || !isObject(item)) continue;
    for (const [key, value] of Object.entries(item)) {
      const isMethod = methods.some((method) => method === key);
      const path = ['paths', template, key];
      if (isMethod && value !== null && !isObject(value))
        findings.cost(
          [path],
          path,
          `\`${key}\` must be an object (an Operation Object), but is ${describe(value)}. It is not published.`,
        );
      else if (!isMethod && !key.startsWith('x-') && isObject(member(value, 'responses')))
        findings.cost([path], path, sayUnknownMethod(key), 'key');
    }
  }
};

const sayPaths = (value: Json): string => `\`paths\` must be an object (a Paths Object), but is ${describe(value)}.`;

const sayUnknownMethod = (key: string): string =>
  `\`${key}\` is not a method of a Path Item Object (its operations are under \`get\`, \`post\`, \`put\`, \`patch\`, ` +
  `\`delete\`, \`head\`, \`options\`, \`trace\`, in small letters). It is not published.${didYouMean(key, methods)}`;

/** A document without any of the three describes nothing: it is cut short, or another file was meant. */
const somethingInIt: Check = ({ root, findings }) => {
  if (['paths', 'webhooks', 'components'].some((key) => member(root, key) !== undefined)) return;
  const needs = 'an object whose keys are the paths of the API, such as `/orders`';
  findings.refuse([], `The document has no \`paths\`; an OpenAPI document needs one: ${needs}.`, 'key');
};

interface FoundParameter {
  readonly name: string;
  readonly in: string;
  readonly path: readonly string[];
}

function parametersOf(root: Json, path: readonly string[], holder: JsonObject): FoundParameter[] {
  const list = holder['parameters'];
  if (!isList(list)) return [];
  return list.flatMap((value, index) => {
    const at = [...path, 'parameters', String(index)];
    const parameter = deref(root, at, value)?.value;
    const [name, place] = [parameter?.['name'], parameter?.['in']];
    return typeof name === 'string' && typeof place === 'string' ? [{ name, in: place, path: at }] : [];
  });
}

const parameterLists: Check = ({ root, operations, findings, line }) => {
  const lists = new Map<JsonObject, readonly string[]>();
  for (const { value, path, item, itemPath } of operations) lists.set(item, itemPath).set(value, path);
  for (const [holder, path] of lists) {
    const first = new Map<string, FoundParameter>();
    for (const parameter of parametersOf(root, path, holder)) {
      const key = `${parameter.in}\0${parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name}`;
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, parameter);
      else
        findings.add(
          parameter.path,
          `The ${parameter.in} parameter ${quote(parameter.name)} is declared a second time, first in line ` +
            `${line(earlier.path)}. Remove one of the two.`,
        );
    }
  }
};

const pathParameters: Check = ({ root, operations, findings }) => {
  const reported = new Set<string>();
  for (const { template, path, value, item, itemPath, method } of operations) {
    const variables = variablesOf(template);
    const declared = [...parametersOf(root, itemPath, item), ...parametersOf(root, path, value)].filter(
      (parameter) => parameter.in === 'path',
    );
    for (const name of variables) {
      if (declared.some((parameter) => parameter.name === name)) continue;
      const near = didYouMean(
        name,
        declared.filter((parameter) => !variables.includes(parameter.name)).map((parameter) => parameter.name),
      );
      findings.add(
        path,
        `\`${method}\` ${quote(template)} does not declare its variable \`{${name}}\`. Add a parameter with \`name: ` +
          `${name}\`, \`in: path\`, \`required: true\` and a \`schema\`.${near}`,
        'key',
      );
    }
    for (const parameter of declared) {
      const key = parameter.path.join('\0');
      if (variables.includes(parameter.name) || reported.has(key)) continue;
      reported.add(key);
      findings.add(
        parameter.path,
        `The path parameter ${quote(parameter.name)} does not occur in ${quote(template)}. Write ` +
          `\`{${parameter.name}}\` there, or remove the parameter.${didYouMean(parameter.name, variables)}`,
      );
    }
  }
};

const operationIds: Check = ({ operations, findings, line }) => {
  const first = new Map<string, FoundOperation>();
  for (const operation of operations) {
    const id = operation.value['operationId'];
    if (typeof id !== 'string') continue;
    const wrong = wrongName(id, limits.operationIdCharactersMax);
    if (wrong !== undefined)
      findings.add(
        [...operation.path, 'operationId'],
        `The operationId ${quote(id)} ${wrong} The operation is named after its method and path instead.`,
      );
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, operation);
    else
      findings.add(
        [...operation.path, 'operationId'],
        `The operationId ${quote(id)} is used a second time, first in line ${line([...earlier.path, 'operationId'])}. ` +
          `It is named after its method and path instead.`,
      );
  }
};

const howMany: Check = ({ operations, findings }) => {
  if (operations.length <= limits.openapiOperationsMax) return;
  findings.refuse(
    ['paths'],
    `The document has ${operations.length.toLocaleString('en')} operations; an API version can have ` +
      `${limits.openapiOperationsMax.toLocaleString('en')}. Split it into several APIs.`,
    'key',
  );
};

const security: Check = ({ root, operations, findings }) => checkSecurity(root, operations, findings);

const servers: Check = ({ root, operations, findings }) => {
  const holders = new Map<JsonObject, readonly string[]>();
  if (isObject(root)) holders.set(root, []);
  for (const { value, path, item, itemPath } of operations) holders.set(item, itemPath).set(value, path);
  for (const [holder, path] of holders) {
    const list = holder['servers'];
    if (!isList(list)) continue;
    for (const [index, server] of list.entries()) {
      const url = member(server, 'url');
      const wrong = typeof url === 'string' ? wrongServer(url, member(server, 'variables')) : undefined;
      if (wrong !== undefined) findings.add([...path, 'servers', String(index), 'url'], wrong);
    }
  }
};

function wrongServer(url: string, variables: Json | undefined): string | undefined {
  const known = isObject(variables) ? variables : {};
  const missing = variablesOf(url).find((name) => !Object.hasOwn(known, name));
  if (missing !== undefined)
    return (
      `The server URL ${quote(url)} uses \`{${missing}}\`, which \`variables\` does not declare. Add it there ` +
      `with a \`default\`.${didYouMean(missing, Object.keys(known))}`
    );
  const plain = url.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => String(member(known[name], 'default') ?? 'x'));
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(plain) && !/^[a-z0-9.-]+:\d+(\/|$)/i.test(plain);
  if (!absolute && /^[\w-]+(\.[\w-]+)+(:\d+)?(\/|$)|^[\w.-]+:\d+(\/|$)/.test(plain)) {
    return `The server URL ${quote(url)} has no scheme. Write "https://${plain}", or begin it with \`/\` if it is a path.`;
  }
  if (!/\s|[<>{}]/.test(plain) && URL.canParse(plain, 'https://example.com/')) return undefined;
  return `The server URL ${quote(url)} is not a URL. It looks like "https://api.example.com/v1", or "/v1" for a path at the same host.`;
}

const tagNames: Check = ({ root, findings, line }) => {
  const tags = member(root, 'tags');
  if (!isList(tags)) return;
  const first = new Map<string, number>();
  for (const [index, tag] of tags.entries()) {
    const name = member(tag, 'name');
    if (typeof name !== 'string') continue;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else
      findings.add(
        ['tags', String(index), 'name'],
        `The tag ${quote(name)} is declared a second time, first in line ${line(['tags', String(earlier), 'name'])}. ` +
          `Remove one of the two.`,
      );
  }
};

/** All of them, in the order in which a reader meets what they are about. */
export const checks: readonly Check[] = [
  somethingInIt,
  servers,
  tagNames,
  misplaced,
  templates,
  operationIds,
  parameterLists,
  pathParameters,
  security,
  howMany,
];
