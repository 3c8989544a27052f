/**
 * An OpenAPI document as a provider sends it, to what Tulou keeps of it: or everything that is wrong with it, each with
 * its place and in words that say how to mend it. Pure: nothing is fetched, and a `$ref` never leaves the document.
 */
import type { Violation } from '@tulou/contract';
import { checks } from './checks.ts';
import { Findings, findingsMax, type Finding } from './findings.ts';
import { openapiDocument } from './grammar.ts';
import { describe, isObject, member, pointerOf, quote, type Json, type JsonObject } from './json.ts';
import { findOperations, listOperations, type OpenapiOperation } from './operations.ts';
import { checkReferences } from './references.ts';
import { schemaNames } from './schema-grammar.ts';
import type { OpenapiVersion, Walk } from './shapes.ts';
import { readSource, type Source } from './source.ts';

export interface OpenapiDocument {
  readonly ok: true;
  readonly openapi: OpenapiVersion;
  readonly title: string;
  /** The document as JSON; references are kept as they are, and all lead to places inside it. */
  readonly document: JsonObject;
  readonly operations: readonly OpenapiOperation[];
}

export type OpenapiResult = OpenapiDocument | { readonly ok: false; readonly violations: readonly Violation[] };

/** Reads OpenAPI 3.0.x or 3.1.x, YAML or JSON. Never throws for a text, whatever it says. */
export function readOpenapi(text: string): OpenapiResult {
  const findings = new Findings();
  const source = readSource(text, findings);
  const { value } = source;
  if (value === undefined) return refuse(source, findings);
  const version = isObject(value) ? versionOf(value, findings) : undefined;
  if (!isObject(value))
    findings.add(
      [],
      `An OpenAPI document is an object that begins with \`openapi: 3.1.0\`, but this is ${describe(value)}.`,
    );
  if (version === undefined || !isObject(value)) return refuse(source, findings);
  const walk: Walk = { version, findings, references: [], path: [] };
  openapiDocument(value, walk);
  checkReferences(value, walk.references, version === '3.1' ? schemaNames(value) : new Set(), findings);
  const operations = findOperations(value);
  for (const check of checks)
    check({ root: value, operations, findings, line: (path) => source.place(path, 'key').line });
  if (findings.count > 0) return refuse(source, findings);
  const title = member(member(value, 'info'), 'title');
  return {
    ok: true,
    openapi: version,
    title: String(title),
    document: value,
    operations: listOperations(value, operations),
  };
}

function refuse(source: Source, findings: Findings): OpenapiResult {
  const violations = findings.kept.map((finding) => violationOf(source, finding));
  violations.sort((a, b) => a.line - b.line || a.column - b.column);
  const more = findings.count - findings.kept.length;
  if (more > 0)
    violations.push({
      pointer: '',
      message:
        `There are ${more.toLocaleString('en')} more; the first ${findingsMax} found are listed. Mend these and ` +
        `send the document again.`,
      line: 1,
      column: 1,
    });
  return { ok: false, violations };
}

function violationOf(source: Source, { path, at, message }: Finding): Violation & { line: number; column: number } {
  const place = typeof at === 'string' ? source.place(path, at) : at;
  return { pointer: pointerOf(path), message, line: place.line, column: place.column };
}

const versionHelp = 'Tulou reads OpenAPI 3.0 and 3.1.';

/** Which grammar to hold the document against; undefined where it is none of ours, and the finding says what to do. */
function versionOf(document: JsonObject, findings: Findings): OpenapiVersion | undefined {
  const { openapi } = document;
  const found = typeof openapi === 'string' ? /^3\.([01])\.\d+(-\S+)?$/.exec(openapi) : null;
  if (found !== null) return found[1] === '0' ? '3.0' : '3.1';
  findings.add(Object.hasOwn(document, 'swagger') ? ['swagger'] : ['openapi'], sayVersion(document));
  return undefined;
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
      `${Math.floor(openapi) === openapi ? `${openapi}.1` : openapi}.0\`.`
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
