/** The only place where an error becomes an answer (RFC 9457). */
import { errors, Problem, type Language } from '@tulou/contract';
import type { Log } from '../kernel/log.ts';
import type { HttpAnswer } from './message.ts';

const retryAfterSeconds = 2;

/** Codes of postgres.js and of the system when the database can't be reached, and SQLSTATEs of one that won't serve now. */
const awayCodes = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  '53100',
  '53300',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '40001',
  '40P01',
]);

/** The problem that an error is to the caller. What nobody foresaw is `internal`, with nothing of it in the answer. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return new Problem(typeof code === 'string' && awayCodes.has(code) ? 'unavailable' : 'internal', { cause: error });
}

/** Renders an error in the language of the caller. Logs it with its cause if the fault is not the caller's. */
export function problemAnswer(error: unknown, requestId: string, log: Log, language: Language = 'en'): HttpAnswer {
  const problem = problemOf(error);
  const { status } = errors[problem.code];
  if (status >= 500)
    log.error(
      { request_id: requestId, code: problem.code, cause: traceOf(problem.cause ?? problem) },
      'a request failed',
    );
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'content-language': language,
      vary: 'accept-language',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {}),
    },
    body: JSON.stringify(problem.bodyIn(language)),
  };
}

/** Where an error came from. Never its properties: a database error carries the values of the row it refused. */
function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
