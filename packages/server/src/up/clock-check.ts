/**
 * Keys, tokens, quotas and the order of ids follow this machine's clock. Without a network nothing can say that a clock
 * runs ahead; but one that is behind what was written before shows in the times of files.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../kernel/operator-error.ts';

/** Further behind than this is refused: more than time services ever correct in one step, less than any time zone. */
export const behindMsMax = 10 * 60_000;

export interface Trace {
  readonly file: string;
  readonly atMs: number;
}

/** The newest time that this machine has left: in the data, or, on a first start, when Tulou was installed. */
export async function newestTrace(dir: string): Promise<Trace | undefined> {
  const elsewhere = await readFile(join(dir, 'postgres.location'), 'utf8').catch(() => '');
  const database = elsewhere.trim() === '' ? join(dir, 'postgres') : elsewhere.trim();
  const files = [
    import.meta.filename,
    join(dir, 'tulou.json'),
    join(dir, 'running.json'),
    join(dir, 'gateway'),
    join(database, 'data', 'global', 'pg_control'),
  ];
  const traces = await Promise.all(files.map(traceOf));
  return traces.filter((trace) => trace !== undefined).toSorted((a, b) => b.atMs - a.atMs)[0];
}

async function traceOf(file: string): Promise<Trace | undefined> {
  return stat(file).then(
    ({ mtimeMs }) => ({ file, atMs: mtimeMs }),
    () => undefined,
  );
}

/** Throws where the clock is behind what was written before. `acceptedAtMs`: traces up to it were declared wrong. */
export function judgeClock(nowMs: number, trace: Trace | undefined, acceptedAtMs: number): void {
  if (trace === undefined || trace.atMs <= acceptedAtMs || trace.atMs - nowMs <= behindMsMax) return;
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  throw new OperatorError(
    'clock_behind',
    `This machine's clock says ${text(nowMs)} UTC, but ${trace.file} was written at ${text(trace.atMs)} UTC.`,
    {
      remedy: [
        'Set the clock (`timedatectl set-ntp true`, or on macOS `sudo sntp -sS time.apple.com`) and start again.',
        'If it is right now and was wrong before, start once with `--accept-clock`. Nothing was changed.',
      ].join(' '),
    },
  );
}
