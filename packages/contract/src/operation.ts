/**
 * An operation of the control API as data, one file for each noun under `operations/`. The server's routing and parsing, the
 * OpenAPI document, the commands of the CLI and the isolation test are derived from these tables.
 */
import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export const roles = ['viewer', 'developer', 'admin', 'owner'] as const;
/** A member's role. Each role includes the previous ones. */
export type Role = (typeof roles)[number];

/**
 * Callers: anyone, operators only, or members of the tenant in the path with at least this role. Operators may always call;
 * their calls are audited.
 */
export type Access = 'public' | 'operator' | Role;

export interface Operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Output extends z.ZodType | undefined = z.ZodType | undefined,
> {
  /** `<noun>.<verb>`, the stable name: `apis.create`. The command is `tulou apis create`. */
  readonly id: `${string}.${string}`;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path template under `/api/v1`, with `{name}` for each key of `params`. Paths under `/tenants/{tenant}` are tenant-scoped. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly access: Access;
  readonly params: Params;
  readonly query: Query;
  /** Undefined: the operation takes no body. */
  readonly body: Body;
  /** Undefined: the answer is 204. */
  readonly output: Output;
  readonly status: 200 | 201 | 202 | 204;
  /** Answers contain a secret that is shown once: never logged, audited or stored in plain text. */
  readonly secret?: true;
  /** The answer is not JSON but a stream of this media type. */
  readonly stream?: string;
  /** Members of the body that hold a document: an object there is handed on as the text that was sent. */
  readonly rawMembers?: readonly string[];
  /** A POST that replaces an object: `If-Match` is held against the object that it replaces. */
  readonly replaces?: true;
  /** Members may also call it while their tenant is in state `deleting`; other operations are then for operators only. */
  readonly whileDeleting?: true;
  /** Specific errors, in addition to those of every operation. */
  readonly errors?: readonly ErrorCode[];
}

export type Params<O extends Operation> = z.output<O['params']>;
export type Query<O extends Operation> = z.output<O['query']>;
export type Body<O extends Operation> = O['body'] extends z.ZodType ? z.output<O['body']> : undefined;
export type Output<O extends Operation> = O['output'] extends z.ZodType ? z.input<O['output']> : undefined;

/** Keeps the exact type of each schema, and the method and path as literals, so that handlers and clients are typed by the table. */
export function operation<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType | undefined,
  O extends z.ZodType | undefined,
  const M extends Operation['method'],
  const T extends Operation['path'],
  const A extends Access,
>(
  definition: Operation<P, Q, B, O> & { readonly method: M; readonly path: T; readonly access: A },
): Operation<P, Q, B, O> & { readonly method: M; readonly path: T; readonly access: A } {
  return definition;
}
