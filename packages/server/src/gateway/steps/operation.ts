/**
 * Determines the operation of a call. If no decision depends on it, it serves only metering, and an unknown path is
 * forwarded. If operations need scopes, or the version is strict, the upstream must not read another operation than the
 * authorised one.
 */
import type { Call } from '../call.ts';
import { OperationGuard } from '../snapshot/guard.ts';
import { OperationIndex } from '../snapshot/operations.ts';
import { canonical } from '../snapshot/templates.ts';
import type { Operation, VersionNode } from '../snapshot/links.ts';
import { interned } from '../usage/record.ts';

/** Sets the call's data about its operation. */
export function readOperation(call: Call, version: VersionNode): void {
  const index = version.operations ?? compile(version);
  const { method, target } = call.exchange.head;
  const path = target.slice(call.restAt, call.pathEnd);
  if (version.guard === undefined) {
    call.operation = index.match(method, path);
    return;
  }
  call.rest = canonical(path);
  const verdict = version.guard.judge(method, call.rest);
  if (typeof verdict === 'string') call.ambiguity = verdict;
  else {
    call.operation = verdict.operation;
    call.scopes = verdict.scopes;
    call.ambiguity = overrideIn(call);
  }
}

function compile(version: VersionNode): OperationIndex<Operation> {
  const operations = version.object.operations.map((operation) => ({ ...operation, ...interned(operation.id) }));
  const index = new OperationIndex(operations);
  version.operations = index;
  if (version.guarded) version.guard = new OperationGuard(operations, index, version.strict);
  return index;
}

/** Frameworks take the method from these fields instead of the request line, because HTML forms support only GET and POST. */
const overrideField = /^(?:x-)?(?:http-)?(?:method|method-override|verb-override|original-method|request-method)$/;
const overrideParameter = /^_*(?:method$|method\[|(?:x_)?http_method(?:_override)?$|(?:x_)?method_override$)/;

function overrideIn({ exchange, pathEnd }: Call): string | undefined {
  const { fields, target } = exchange.head;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (/method|verb/.test(name) && overrideField.test(name.replaceAll(/[^a-z0-9]/g, '-')))
      return `The field "${name}" names another method.`;
  }
  if (pathEnd === target.length) return undefined;
  const named = parameterNames(target.slice(pathEnd + 1)).find((name) => overrideParameter.test(name));
  return named === undefined ? undefined : 'A parameter of the query names another method.';
}

/** In the form of the server that changes a name most: PHP turns dots and spaces into `_`. */
const parameterNames = (query: string): readonly string[] =>
  query
    .split(/[&;?]/)
    .map((pair) => unescaped(pair.split('=', 1)[0] ?? '').replaceAll(/^ +|\0.*$/gs, ''))
    .filter((name) => /^[_.x h]/i.test(name))
    .map((name) => name.toLowerCase().replaceAll(/[. -]/g, '_'))
    .filter((name) => name !== 'method');

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
