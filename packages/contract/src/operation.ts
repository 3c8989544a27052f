/**
 * What an operation of the control API is, as data. One file a noun under `operations/`; from these tables come the
 * server's routing and parsing, the OpenAPI document, the commands of the CLI and the isolation test.
 */
import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export const roles = ['viewer', 'developer', 'admin', 'owner'] as const;
/** A member's role; each contains those before it. */
export type Role = (typeof roles)[number];

/**
 * Who may call: anyone, an operator only, or a member of the tenant in the path with at least this role (an operator
 * passes too, audited).
 */
export type Access = 'public' | 'operator' | Role;

export interface Operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Output extends z.ZodType | undefined = z.ZodType | undefined,
> {
  /** `<noun>.<verb>`, the stable name: `apis.create`. The CLI says `tulou apis create`. */
  readonly id: `${string}.${string}`;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path template under `/api/v1`, with `{name}` for each key of `params`. One that begins `/tenants/{tenant}` is tenant-scoped. */
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
  /** Answers carry a secret that is shown once: never logged, audited or kept in the clear. */
  readonly secret?: true;
  /** The answer is not JSON but a stream of this media type. */
  readonly stream?: string;
  /** Members of the body that hold a document: an object there is handed on as the text that was sent. */
  readonly rawMembers?: readonly string[];
  /** Members may call it also while their tenant is in state `deleting`; otherwise only operators may. */
  readonly whileDeleting?: true;
  /** Errors of its own, beyond those every operation has. */
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
