/** What a grammar cannot say: that the parts of a document agree with each other. One check a function, listed at the end. */
import { limits } from '@tulou/contract';
import type { Findings } from './findings.ts';
import { isList, isObject, member, quote, type Json, type JsonObject } from './json.ts';
import { didYouMean } from './nearest.ts';
import type { FoundOperation } from './operations.ts';
import { deref } from './references.ts';

export interface Subject {
  readonly root: Json;
  readonly operations: readonly FoundOperation[];
  readonly findings: Findings;
  /** Line of a place in the document, for "first in line …". Slow: only for messages. */
  line(path: readonly string[]): number;
}

type Check = (subject: Subject) => void;

const templates: Check = ({ root, findings, line }) => {
  const paths = member(root, 'paths');
  if (!isObject(paths)) return;
  const firstOfShape = new Map<string, string>();
  for (const template of Object.keys(paths).filter((key) => key.startsWith('/'))) {
    const wrong = wrongTemplate(template);
    if (wrong !== undefined) findings.add(['paths', template], wrong, 'key');
    const shape = template.replaceAll(/\{[^{}]*\}/g, '{}');
    const first = firstOfShape.get(shape);
    if (first === undefined) firstOfShape.set(shape, template);
    else
      findings.add(
        ['paths', template],
        `${quote(template)} matches the same addresses as ${quote(first)} in line ${line(['paths', first])}. Join the ` +
          `two: names in braces do not tell paths apart.`,
        'key',
      );
  }
};

function wrongTemplate(template: string): string | undefined {
  const unusable = wrongName(template, limits.pathTemplateCharactersMax);
  if (unusable !== undefined) return `The path ${quote(template)} ${unusable}`;
  if (/[?#]/.test(template))
    return `The path ${quote(template)} has a query or fragment in it. Describe \`?name=value\` as a parameter with \`in: query\`.`;
  if (/[\s]/.test(template))
    return `The path ${quote(template)} has a space in it. Write it as it stands in the URL (\`%20\`).`;
  if (/[{}]/.test(template.replaceAll(/\{[^{}]*\}/g, '')))
    return `The braces in the path ${quote(template)} do not match. A variable is written \`{name}\`.`;
  if (template.includes('{}')) return `The path ${quote(template)} has a variable without a name. Write \`{name}\`.`;
  const names = variablesOf(template);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  return twice === undefined
    ? undefined
    : `The path ${quote(template)} has the variable \`{${twice}}\` twice. Give each a name of its own.`;
}

function variablesOf(template: string): string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '');
}

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
    if (wrong !== undefined) findings.add([...operation.path, 'operationId'], `The operationId ${quote(id)} ${wrong}`);
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, operation);
    else
      findings.add(
        [...operation.path, 'operationId'],
        `The operationId ${quote(id)} is used a second time, first in line ${line([...earlier.path, 'operationId'])}. ` +
          `Each operation needs one of its own.`,
      );
  }
};

/** Why a text cannot stand in routing tables and usage reports, as the end of a sentence; undefined where it can. */
function wrongName(text: string, charactersMax: number): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'has a control character in it. Remove it.';
  if (text.length <= charactersMax) return undefined;
  return `has ${text.length.toLocaleString('en')} characters; at most ${charactersMax.toLocaleString('en')} are taken. Shorten it.`;
}

const howMany: Check = ({ operations, findings }) => {
  if (operations.length <= limits.openapiOperationsMax) return;
  findings.add(
    ['paths'],
    `The document has ${operations.length.toLocaleString('en')} operations; an API version can have ` +
      `${limits.openapiOperationsMax.toLocaleString('en')}. Split it into several APIs.`,
    'key',
  );
};

const security: Check = ({ root, operations, findings }) => {
  const schemes = member(member(root, 'components'), 'securitySchemes');
  const names = isObject(schemes) ? Object.keys(schemes) : [];
  const places = [{ path: [] as readonly string[], value: root }, ...operations];
  for (const { path, value } of places) {
    const requirements = member(value, 'security');
    if (!isList(requirements)) continue;
    for (const [index, requirement] of requirements.entries()) {
      const unknown = isObject(requirement) ? Object.keys(requirement).filter((name) => !names.includes(name)) : [];
      for (const name of unknown)
        findings.add([...path, 'security', String(index), name], sayUnknownScheme(name, names), 'key');
    }
  }
};

function sayUnknownScheme(name: string, names: readonly string[]): string {
  const near = didYouMean(name, names);
  const there =
    names.length === 0
      ? 'none is declared there'
      : `there are ${names
          .slice(0, 10)
          .map((known) => `\`${known}\``)
          .join(', ')}`;
  return `The security scheme \`${name}\` is not declared under \`components/securitySchemes\`; ${there}.${near}`;
}

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
  servers,
  tagNames,
  templates,
  operationIds,
  parameterLists,
  pathParameters,
  security,
  howMany,
];
