/** The result of reading a document, as control keeps it. */
import {
  readOpenapi,
  type OpenapiDocument,
  type OpenapiOperation,
  type Report,
  type Unpublished,
} from '@tulou/openapi';

export interface PublishableDocument {
  readonly ok: true;
  /** The document as JSON text; undefined: the text itself is JSON. */
  readonly json: string | undefined;
  readonly operations: readonly Pick<OpenapiOperation, 'id' | 'method' | 'path' | 'scopes'>[];
  readonly unpublished: readonly Unpublished[];
  readonly access: OpenapiDocument['access'];
  readonly report: Report;
}

export type Reading = PublishableDocument | { readonly ok: false; readonly report: Report };

/** Reads on this thread. */
export function readHere(text: string): Reading {
  const result = readOpenapi(text);
  if (!result.ok) return { ok: false, report: result.report };
  const { operations, unpublished, access, report } = result;
  return {
    ok: true,
    json: result.json === text ? undefined : result.json,
    operations: operations.map(({ id, method, path, scopes }) => ({
      id,
      method,
      path,
      ...(scopes === undefined ? {} : { scopes }),
    })),
    unpublished,
    access,
    report,
  };
}
