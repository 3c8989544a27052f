/** Records of single calls that a gateway sends to control, for people who look one up. Usage counts all calls. */
import { z } from 'zod';
import { environment } from './kinds/environment.ts';
import { limits } from './limits.ts';

const id = z.string().regex(/^[0-9A-Za-z_]{1,100}$/);
/** PostgreSQL keeps neither NUL nor half a character. */
const text = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);
const code = z.string().regex(/^[a-z_]{1,60}$/);

/** One answered call. It holds no content, no query, no field and no credential. */
export const callRecord = z.object({
  id: z.string().regex(/^req_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
  /** When its head came, Unix milliseconds. */
  at_ms: z.int().min(0).max(253_402_300_799_999),
  /** Tenant that provides the API, and tenant of the calling app (null: no credential that is valid). */
  provider: id,
  consumer: id.nullable(),
  api: id,
  version: id,
  operation: text(limits.operationIdCharactersMax).nullable(),
  app: id.nullable(),
  key: id.nullable(),
  environment,
  method: text(40),
  /** Without the query. */
  path: text(limits.callPathCharactersMax),
  status: z.int().min(100).max(599),
  /** Error code of an answer that the gateway made itself, or how the exchange broke off. */
  code: code.nullable(),
  /** Both sides see what is missing; the remedy names objects of the calling tenant, and only that tenant sees it. */
  detail: text(limits.callDetailCharactersMax).nullable(),
  remedy: text(limits.callDetailCharactersMax).nullable(),
  /** Why the service gave no good answer. The provider sees it, and the operator. */
  cause: code.nullable(),
  /** Address of the client. Only the calling tenant sees it. */
  address: text(64),
  request_bytes: z.int().min(0),
  response_bytes: z.int().min(0),
  duration_us: z.int().min(0),
  /** From the request's head being sent to the answer's head; null: not forwarded. */
  upstream_us: z.int().min(0).nullable(),
});
export type CallRecord = z.output<typeof callRecord>;

/** Calls of a tenant, on either side, that were answered and counted but of which no record was kept. */
export const callsLeftOut = z.object({ tenant: id, calls: z.int().min(1) });
export type CallsLeftOut = z.output<typeof callsLeftOut>;

/** Body of `PUT /internal/v1/calls/{batch}`. A batch may come again: a record is taken once, by its id. */
export interface CallBatch {
  readonly batch: string;
  readonly calls: readonly CallRecord[];
  readonly left_out: readonly CallsLeftOut[];
}
