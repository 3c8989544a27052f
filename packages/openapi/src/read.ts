/**
 * From an OpenAPI document as a provider sends it to its operations, with everything that is wrong with it: each with its
 * place, its severity and how to correct it. Pure: nothing is fetched, and a `$ref` never leaves the document.
 */
import { checks } from './checks.ts';
import { findConflicts, type Routed } from './conflicts.ts';
import { Findings, type Finding, type Report, type ReportItem } from './findings.ts';
import { openapiDocument } from './grammar.ts';
import { describe, isObject, member, pointerOf, quote, type Json, type JsonObject } from './json.ts';
import type { FoundOperation } from './found.ts';
import { findOperations, listOperations, securityOf, type OpenapiOperation } from './operations.ts';
import { checkReferences } from './references.ts';
import { schemaNames } from './schema-grammar.ts';
import { accessOf, schemesOf, scopesOf, type Schemes } from './security.ts';
import type { OpenapiVersion, Walk } from './shapes.ts';
import { readSource, type Source } from './source.ts';
import { routeOf } from './templates.ts';

/** An operation that an error keeps from being published. */
export interface Unpublished {
  /** In capitals. */
  readonly method: string;
  /** As the document writes it. */
  readonly path: string;
  readonly scopes: readonly string[];
}

export interface OpenapiDocument {
  readonly ok: true;
  readonly openapi: OpenapiVersion;
  readonly title: string;
  /** The document as a value; references are kept as they are. */
  readonly document: JsonObject;
  /** The document as JSON text: the text that was read, where that is JSON. */
  readonly json: string;
  /** The operations that are published. */
  readonly operations: readonly OpenapiOperation[];
  readonly unpublished: readonly Unpublished[];
  /** The credential that callers show, by the document's `security`; undefined where it says nothing. */
  readonly access: 'key' | 'token' | 'any' | undefined;
  readonly report: Report;
}

/** `ok` is false where the document as a whole cannot be published. */
export type OpenapiResult = OpenapiDocument | { readonly ok: false; readonly report: Report };

/** Reads OpenAPI 3.0.x or 3.1.x, YAML or JSON. Never throws for a text, whatever it says. */
export function readOpenapi(sent: string): OpenapiResult {
  const findings = new Findings();
  const source = readSource(sent, findings);
  const { value } = source;
  if (value === undefined) return { ok: false, report: reportOf(source, findings) };
  const version = isObject(value) ? versionOf(value, findings) : undefined;
  if (!isObject(value))
    findings.refuse(
      [],
      `An OpenAPI document is an object that begins with \`openapi: 3.1.0\`, but this is ${describe(value)}.`,
    );
  if (version === undefined || !isObject(value)) return { ok: false, report: reportOf(source, findings) };
  return readVersion(value, version, source, findings);
}

function readVersion(value: JsonObject, version: OpenapiVersion, source: Source, findings: Findings): OpenapiResult {
  const walk: Walk = { version, findings, references: [], path: [] };
  openapiDocument(value, walk);
  const names = version === '3.1' ? schemaNames(value) : { names: new Set<string>(), bases: new Set<string>() };
  checkReferences(value, walk.references, names, findings);
  const operations = findOperations(value);
  const line = (path: readonly string[]): number => source.place(path, 'key').line;
  for (const check of checks) check({ root: value, operations, findings, line });
  const schemes = schemesOf(value);
  const routed = routedOf(value, operations, schemes, findings);
  const shadowed = findConflicts(routed, findings, line);
  const report = reportOf(source, findings);
  const published = routed.filter((one) => !shadowed.has(one) && !isCostly(one.operation, findings));
  // Where errors leave nothing to publish, the document is not what its author means it to be.
  if (findings.isFatal || (report.errors > 0 && published.length === 0)) return { ok: false, report };
  const listed = published.map(({ operation, route }) => ({ operation, path: route.path }));
  return {
    ok: true,
    openapi: version,
    title: String(member(member(value, 'info'), 'title') ?? ''),
    document: value,
    json: source.json(),
    operations: listOperations(value, listed, schemes),
    unpublished: operations.filter((one) => isCostly(one, findings)).map((one) => unpublishedOf(value, one, schemes)),
    access: accessOf(
      published.map(({ operation }) => securityOf(value, operation) ?? []),
      schemes,
    ),
    report,
  };
}

function routedOf(root: Json, operations: readonly FoundOperation[], schemes: Schemes, findings: Findings): Routed[] {
  return operations.flatMap((operation) => {
    const { route } = routeOf(operation.template);
    if (route === undefined || isCostly(operation, findings)) return [];
    return [{ operation, route, scopes: scopesOf(securityOf(root, operation) ?? [], schemes) }];
  });
}

function unpublishedOf(root: Json, operation: FoundOperation, schemes: Schemes): Unpublished {
  const { method, template } = operation;
  return { method: method.toUpperCase(), path: template, scopes: scopesOf(securityOf(root, operation) ?? [], schemes) };
}

/** Whether an error keeps an operation from being published; through a `$ref` it has two places. */
function isCostly({ template, method, path }: FoundOperation, findings: Findings): boolean {
  return findings.hasCost(path) || findings.hasCost(['paths', template, method]);
}

function reportOf(source: Source, findings: Findings): Report {
  const items = findings.kept.map((finding) => itemOf(source, finding));
  const rank = ({ severity }: ReportItem): number => (severity === 'error' ? 0 : 1);
  items.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
  return { errors: findings.errors, warnings: findings.warnings, items };
}

function itemOf(source: Source, { severity, path, at, message }: Finding): ReportItem {
  const { line, column } = typeof at === 'string' ? source.place(path, at) : at;
  return { severity, pointer: shown(pointerOf(path)), message: shown(message), line, column };
}

/** Findings are stored and printed: what of the document they quote must not break either. */
const shown = (text: string): string => text.toWellFormed().replaceAll(/\p{Cc}/gu, '\ufffd');

const versionHelp = 'Tulou reads OpenAPI 3.0 and 3.1.';

/** Which grammar to hold the document against; undefined where it is none of ours, and the finding says what to do. */
function versionOf(document: JsonObject, findings: Findings): OpenapiVersion | undefined {
  const { openapi } = document;
  const found = /^3\.([01])(\.\d+(-\S+)?)?$/.exec(openapi === 3 ? '3.0' : String(openapi));
  if (found === null || Object.hasOwn(document, 'swagger')) {
    findings.refuse(Object.hasOwn(document, 'swagger') ? ['swagger'] : ['openapi'], sayVersion(document));
    return undefined;
  }
  if (typeof openapi !== 'string' || found[2] === undefined) findings.add(['openapi'], sayVersion(document));
  return found[1] === '0' ? '3.0' : '3.1';
}

function sayVersion({ openapi, swagger, asyncapi }: JsonObject): string {
  if (swagger !== undefined)
    return (
      `This is a Swagger 2.0 document. ${versionHelp} Convert it, for example with \`npx swagger2openapi --yaml ` +
      `--outfile openapi.yaml swagger.yaml\`, or with "Convert to OpenAPI 3" on editor.swagger.io.`
    );
  if (asyncapi !== undefined)
    return `This is an AsyncAPI document. ${versionHelp} Describe the HTTP operations of the API in an OpenAPI document.`;
  if (openapi === undefined)
    return `The document has no \`openapi\`. Begin it with \`openapi: 3.1.0\`, or 3.0.3 if it was written for 3.0.`;
  if (typeof openapi === 'number')
    return (
      `\`openapi\` must be a text with three numbers, but is ${describe(openapi)}. Write \`openapi: ` +
      `${Math.floor(openapi) === openapi ? `${openapi}.0` : openapi}.0\`.`
    );
  const text: Json = openapi;
  if (typeof text !== 'string') return `\`openapi\` must be a text such as "3.1.0", but is ${describe(text)}.`;
  if (text.startsWith('3.2'))
    return (
      `This document is of OpenAPI ${text}. ${versionHelp} If it uses nothing that is new in 3.2 (\`query\` ` +
      `operations, \`additionalOperations\`, streaming media types, nested tags), set \`openapi\` to "3.1.1" and send it again.`
    );
  if (/^3\.[01]$/.test(text)) return `\`openapi\` must have three numbers. Write "${text}.0".`;
  return `${quote(text)} is not a version of OpenAPI that is known here. ${versionHelp} Write "3.1.0" or "3.0.3".`;
}
