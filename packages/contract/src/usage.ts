/** The report of a gateway to control about answered calls: one batch is one closed segment of its spool, summed. */
import { z } from 'zod';
import { environment } from './kinds/environment.ts';
import { limits } from './limits.ts';

const id = z.string().regex(/^[0-9A-Za-z_]{1,100}$/);

export const usageRow = z.object({
  /** Start of the minute, Unix seconds. */
  minute: z.int().min(0).max(253_402_300_799),
  /** Tenant that provides the API, and tenant of the calling app (null: no credential). */
  provider: id,
  consumer: id.nullable(),
  api: id,
  version: id,
  /** `operation.id` of the version, or null if no operation matched. */
  operation: z.string().nullable(),
  app: id.nullable(),
  key: id.nullable(),
  /** For a call with a token: its installation, and the tenant that installed the app. */
  installation: id.optional(),
  installer: id.optional(),
  /** Environment of the credential. Absent: `live`. */
  environment: environment.optional(),
  /** HTTP status of the answer. */
  status: z.int().min(100).max(599),
  /** Error code of an answer that the gateway made itself. Absent: the service answered. */
  code: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional(),
  /** Why a 502 or 504 was answered: a code of `upstreamCauses`. Absent: another status, or the upstream's own answer. */
  cause: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional(),
  requests: z.int().min(1),
  request_bytes: z.int().min(0),
  response_bytes: z.int().min(0),
  /** Sum over the calls, microseconds, from the first byte of the request's head to the last of the answer. */
  duration_us: z.int().min(0),
});
export type UsageRow = z.output<typeof usageRow>;

/**
 * Body of `PUT /internal/v1/usage/{segment}`. The segment's id (`<gateway>-<boot>-<thread>-<n>`) is the idempotency key:
 * a segment is ingested once, in one transaction with the roll-up.
 */
export const usageBatch = z.object({
  segment: z.string().max(120),
  rows: z.array(usageRow).max(limits.usageBatchRowsMax),
});
export type UsageBatch = z.output<typeof usageBatch>;
