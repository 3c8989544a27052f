/** From the request to the input that the contract defines, or to all violations together. */
import { limits, Problem, type Operation, type Violation } from '@tulou/contract';
import { z } from 'zod';
import { readJson } from '../http/body.ts';
import { hostileContent } from './hostile-text.ts';
import type { HttpRequest } from '../http/message.ts';

export interface ParsedInput {
  readonly params: object;
  readonly query: object;
  readonly body: unknown;
}

/** The schemas of one operation, as the door applies them: a misspelt field or parameter is refused, not ignored. */
export interface InputSchemas {
  readonly params: z.ZodType<object>;
  readonly query: z.ZodType<object>;
  readonly body: z.ZodType | undefined;
  /** Members of the body that are handed on as text. */
  readonly raw: readonly string[];
}

export function inputSchemas(operation: Operation): InputSchemas {
  const { params, query, body, rawMembers: raw = [] } = operation;
  return { params, query: query.strict(), body: body instanceof z.ZodObject ? body.strict() : body, raw };
}

/** Reads and parses all three parts. Throws `invalid_request` with one violation for each thing that is wrong. */
export async function parseInput(
  schemas: InputSchemas,
  request: HttpRequest,
  params: Readonly<Record<string, string>>,
): Promise<ParsedInput & { readonly sent: unknown }> {
  const sent = schemas.body && (await readJson(request, bytesMaxOf(schemas), schemas.raw));
  const parts = {
    params: schemas.params.safeParse(params),
    query: schemas.query.safeParse(Object.fromEntries(request.query)),
    body: schemas.body?.safeParse(sent),
  };
  const violations = [
    ...violationsOf(parts.params, parameter),
    ...violationsOf(parts.query, parameter),
    ...(parts.body === undefined ? [] : violationsOf(parts.body, pointer)),
    ...hostileContent(sent),
  ];
  if (!parts.params.success || !parts.query.success || parts.body?.success === false || violations.length > 0) {
    throw new Problem('invalid_request', { violations: violations.slice(0, violationsMax) });
  }
  return { params: parts.params.data, query: parts.query.data, body: parts.body?.data, sent };
}

/** A document may be as large as the body of all else. */
const bytesMaxOf = ({ raw }: InputSchemas): number =>
  raw.length === 0 ? limits.controlBodyBytesMax : limits.documentBodyBytesMax;

const violationsMax = 100;

type Path = readonly PropertyKey[];

function violationsOf(result: z.ZodSafeParseResult<unknown>, place: (path: Path) => string): Violation[] {
  if (result.success) return [];
  return result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: place([...issue.path, key]), message: 'is not known here' }))
      : [{ pointer: place(issue.path), message: issue.message }],
  );
}

/** A parameter is named by itself. */
const parameter = (path: Path): string => path.map(String).join('.');

/** RFC 6901: `~` and `/` inside a name are escaped. */
const pointer = (path: Path): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
