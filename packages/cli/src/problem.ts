/** From a problem document of the platform (RFC 9457) to words and an exit code. */
import type { Violation } from '@tulou/contract';
import { z } from 'zod';
import type { ExitName } from './exit.ts';
import { Failure } from './failure.ts';
import { say, verbatim, type Text } from './language/say.ts';

const problemShape = z.object({
  title: z.string().optional(),
  status: z.number().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  help: z.string().optional(),
  violations: z
    .array(
      z.object({
        pointer: z.string(),
        message: z.string(),
        line: z.number().optional(),
        column: z.number().optional(),
      }),
    )
    .optional(),
});

const exits: readonly (readonly [number, ExitName])[] = [
  [400, 'data'],
  [401, 'denied'],
  [403, 'denied'],
  [404, 'missing'],
  [409, 'conflict'],
  [412, 'conflict'],
  [413, 'data'],
  [415, 'data'],
  [422, 'data'],
  [503, 'unreachable'],
];

/** The failure of an error answer. Without a problem document it did not come from Tulou. */
export function problemFailure(response: Response, text: string): Failure {
  const exit = exits.find(([status]) => status === response.status)?.[1] ?? 'failed';
  const problem = parse(text);
  const requestId = response.headers.get('tulou-request-id') ?? undefined;
  if (problem === undefined) return foreignAnswer(response, exit);
  const { code, detail, help, title } = problem.facts;
  return new Failure(title === undefined ? say`The platform answered ${response.status}` : verbatim(title), {
    exit,
    problem: problem.json,
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail: verbatim(detail) }),
    ...(help === undefined ? {} : { help: verbatim(help) }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(problem.facts.violations === undefined ? {} : { violations: problem.facts.violations.map(exact) }),
  });
}

const exact = (one: {
  pointer: string;
  message: string;
  line?: number | undefined;
  column?: number | undefined;
}): Violation => ({
  pointer: one.pointer,
  message: one.message,
  ...(one.line === undefined ? {} : { line: one.line }),
  ...(one.column === undefined ? {} : { column: one.column }),
});

function parse(text: string): { json: unknown; facts: z.output<typeof problemShape> } | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const facts = problemShape.safeParse(json);
    return facts.success && facts.data.code !== undefined ? { json, facts: facts.data } : undefined;
  } catch {
    return undefined;
  }
}

/** An answer that did not come from a Tulou platform. */
export const foreignAnswer = (response: Response, exit: ExitName): Failure =>
  new Failure(say`${new URL(response.url).origin} answered ${response.status}, but it is not a Tulou platform`, {
    exit,
    help: 'Check the address: it must be the platform listener (by default http://127.0.0.1:8090), not the gateway.',
  });

/** The system's or undici's code of a failed fetch. */
export function networkCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  for (const one of [cause, error]) {
    if (one instanceof Error && 'code' in one && typeof one.code === 'string') return one.code;
  }
  return undefined;
}

/** No answer. `code` is the system's. */
export function unreachableFailure(error: unknown, code: string | undefined, url: string): Failure {
  const detail = code ?? (error instanceof Error ? error.message : String(error));
  return new Failure(say`No platform answers at ${url}`, { exit: 'unreachable', detail, help: helpFor(code, url) });
}

function helpFor(code: string | undefined, url: string): Text {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return say`The host name ${new URL(url).hostname} is unknown. Check the address.`;
  return 'Start it with "tulou up", or name its address with "--url URL", "--data DIR", TULOU_URL or "tulou context use NAME". "tulou doctor" finds faults.';
}
