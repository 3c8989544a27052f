/** From the platform's problem document (RFC 9457) to words and an exit code. */
import type { Violation } from '@tulou/contract';
import { z } from 'zod';
import type { ExitName } from './exit.ts';
import { Failure } from './failure.ts';

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

/** What an answer that is an error means. Whatever is no problem document came from something other than Tulou. */
export function problemFailure(response: Response, text: string): Failure {
  const exit = exits.find(([status]) => status === response.status)?.[1] ?? 'failed';
  const problem = parse(text);
  const requestId = response.headers.get('tulou-request-id') ?? undefined;
  if (problem === undefined) return foreignAnswer(response, exit);
  const { code, detail, help, title } = problem.facts;
  return new Failure(title ?? `The platform answered ${response.status}`, {
    exit,
    problem: problem.json,
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail }),
    ...(help === undefined ? {} : { help }),
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

/** Something answered that is no platform. */
export const foreignAnswer = (response: Response, exit: ExitName): Failure =>
  new Failure(`${new URL(response.url).origin} answered ${response.status}, but not as a Tulou platform does`, {
    exit,
    help: 'Check the address: it must be the platform listener (by default http://127.0.0.1:8090), not the gateway.',
  });

/** Nobody answered. `code` is the system's. */
export function unreachableFailure(error: unknown, code: string | undefined, url: string): Failure {
  const detail = code ?? (error instanceof Error ? error.message : String(error));
  return new Failure(`No platform answers at ${url}`, { exit: 'unreachable', detail, help: helpFor(code, url) });
}

function helpFor(code: string | undefined, url: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `The name ${new URL(url).hostname} is not known: check the address.`;
  const elsewhere = 'or say where it is with "--url URL", "--data DIR", TULOU_URL or "tulou context use NAME"';
  return `Start it with "tulou up", ${elsewhere}. "tulou doctor" looks for what is wrong.`;
}
