/** The only place where an error becomes an answer (RFC 9457). */
import { errors, Problem, type Language } from '@tulou/contract';
import type { Log } from '../kernel/log.ts';
import type { HttpAnswer } from './message.ts';
import { Refusal } from './refusal.ts';

const retryAfterSeconds = 2;

const away = 'the database cannot be reached';
const full = 'the database has no room or no connection left';
const slow = 'the database did not answer in time; nothing was changed';
const locked = 'something else holds the same rows or the same table; nothing was changed';
const files = 'this process has no file descriptor left';

/**
 * Temporary failures of the platform: the codes of postgres.js and of the system, the SQLSTATEs of PostgreSQL, and the
 * text for the caller. They end by themselves, or an operator corrects them: none is the caller's fault, none a defect.
 */
const unavailable: ReadonlyMap<string, string> = new Map([
  ...of(away, 'CONNECT_TIMEOUT CONNECTION_CLOSED CONNECTION_DESTROYED CONNECTION_ENDED ECONNREFUSED ECONNRESET ENOENT'),
  ...of(away, 'ENOTFOUND EPIPE ETIMEDOUT EAI_AGAIN EHOSTUNREACH ENETUNREACH EHOSTDOWN ENETDOWN EADDRNOTAVAIL'),
  ...of(away, '57P01 57P02 57P03 57P05 08000 08001 08003 08004 08006 08007 08P01'),
  // Logins that fail while an administrator changes them, and a primary that has become a standby.
  ...of(away, '28000 28P01 3D000 25006'),
  ...of(full, '53000 53100 53200 53300 53400 58030 ENOSPC EDQUOT ENOMEM ENOBUFS'),
  ...of(slow, '57014 25P03 25P04'),
  ...of(locked, '55P03 40001 40P01'),
  ...of(files, 'EMFILE ENFILE'),
]);

function of(detail: string, codes: string): (readonly [string, string])[] {
  return codes.split(' ').map((code) => [code, detail]);
}

/** The problem that an error is to the caller. An unexpected error is `internal`, without details in the answer. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const detail = typeof code === 'string' ? unavailable.get(code) : undefined;
  return detail === undefined
    ? new Problem('internal', { cause: error })
    : new Problem('unavailable', { detail, cause: error });
}

/** Renders an error in the language of the caller. Logs it with its cause if the fault is not the caller's. A refusal is no failure. */
export function problemAnswer(error: unknown, requestId: string, log: Log, language: Language = 'en'): HttpAnswer {
  const problem = problemOf(error);
  const { status } = errors[problem.code];
  if (status >= 500 && !isRefusal(problem))
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
      ...(problem instanceof Refusal ? problem.headers : {}),
    },
    body: JSON.stringify(problem.bodyIn(language)),
  };
}

/** The platform says by itself that there is no room. Without this, a flood would fill the log with errors. */
const isRefusal = (problem: Problem): boolean =>
  problem instanceof Refusal || (problem.code === 'unavailable' && problem.cause === undefined);

/** Where an error came from. Never its properties: a database error carries the values of the row it refused. */
function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
