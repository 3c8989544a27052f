/** Settings of the control API's admission. */
import { z } from 'zod';
import { setting } from '../kernel/settings.ts';

/** A whole number from 1 on. */
export const countUpTo = (max: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(max));

export const admissionSettings = {
  requestsPerSecond: setting({
    variable: 'TULOU_API_REQUESTS_PER_SECOND',
    roles: ['control'],
    shape: countUpTo(1_000_000),
    expects: 'a number from 1 to 1000000',
    example: '200',
    default: '100',
    doc: 'Requests per second that one control process accepts from one tenant at the control API. A burst of ten seconds’ worth is allowed.',
  }),
  requestsAtOnce: setting({
    variable: 'TULOU_API_REQUESTS_AT_ONCE',
    roles: ['control'],
    shape: countUpTo(1000),
    expects: 'a number from 1 to 1000',
    example: '24',
    default: '3 for each core, from 6 to 12',
    doc: 'Concurrent requests of the control API. One tenant has at most half of these places; others wait in turn. Keep it below the number of database connections.',
  }),
  failedCredentialsPerSecond: setting({
    variable: 'TULOU_FAILED_CREDENTIALS_PER_SECOND',
    roles: ['control'],
    shape: countUpTo(1_000_000),
    expects: 'a number from 1 to 1000000',
    example: '5',
    default: '20',
    doc: 'Invalid credentials per second that one control process checks for one address. Past a burst of 25 seconds’ worth, credentials of that address that are not yet known are refused without a look at the database.',
  }),
  exportsAtOnce: setting({
    variable: 'TULOU_EXPORTS_AT_ONCE',
    roles: ['control'],
    shape: countUpTo(100),
    expects: 'a number from 1 to 100',
    example: '4',
    default: '2',
    doc: 'Concurrent exports. One tenant runs one at a time. Each holds a database connection.',
  }),
  importsAtOnce: setting({
    variable: 'TULOU_IMPORTS_AT_ONCE',
    roles: ['control'],
    shape: countUpTo(100),
    expects: 'a number from 1 to 100',
    example: '4',
    default: '2',
    doc: 'Concurrent requests with a body of more than 256 KiB, most of them OpenAPI documents. One tenant has one at a time.',
  }),
} as const;
