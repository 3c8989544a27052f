/** OpenAPI documents that the platform would refuse, with the line in the document. */
import { readOpenapi, type OpenapiDocument } from '@tulou/openapi';
import { say } from '../language/say.ts';
import type { Change } from './changes.ts';
import type { Fault } from './refusals.ts';
import { stateOf } from './state-faults.ts';
import type { World } from './world.ts';

export function documentFaults({ resource, action, fields, address }: Change, world: World): Fault[] {
  const { openapi, strict, strict_document: isStrict } = resource.fields;
  const isSent = action === 'create' || fields.some((one) => /^(?:openapi|state)\b/.test(one.path));
  if (resource.kind !== 'version' || action === 'delete' || !isSent || openapi === undefined) return [];
  if (openapi === null) return strict === true ? [{ message: noOperations }] : [];
  const document = readOpenapi(resource.document?.text ?? JSON.stringify(openapi));
  const own = resource.document?.path;
  const { errors, warnings, items } = document.report;
  const isHeld = world.after(address)?.fields['strict'];
  if (!document.ok || (isStrict === true && errors + warnings > 0) || (errors > 0 && isUnsafe(document, isHeld))) {
    return items
      .filter((one) => isStrict === true || one.severity === 'error')
      .map(({ pointer, message, line }) => ({ pointer, message, ...(own === undefined ? {} : { file: own, line }) }));
  }
  const { tenant = '', api = '' } = resource.parent;
  const known = world.all('scope', { tenant, api }).map((one) => one.self);
  const asked = new Set(document.operations.flatMap((one) => one.scopes ?? []));
  // A draft may require scopes that are defined later.
  const isDraft = stateOf(world.after(address)?.fields ?? resource.fields) === 'draft';
  return [
    ...[...(isDraft ? [] : asked)]
      .filter((one) => !known.includes(one))
      .map((one) => ({ message: say`the document requires the scope ${one}, which the API does not define` })),
    ...(isHeld === true && document.operations.length === 0 ? [{ message: noOperations }] : []),
  ];
}

/** Without `strict`, an operation that an error touches would be forwarded with no scope checked. */
const isUnsafe = (document: OpenapiDocument, strict: unknown): boolean =>
  strict === false && [...document.operations, ...document.unpublished].some((one) => (one.scopes ?? []).length > 0);

const noOperations = 'with `strict` and without operations, every call would be refused';
