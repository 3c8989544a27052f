/** The load generator, wrk, and what it reports. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Fields that every request carries. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of `Authorization`, used in turn; none: the field is not sent. */
  readonly credentials: readonly string[];
  readonly core: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that are not 2xx or 3xx, time-outs and connections that broke. */
  readonly errors: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

/** Requests are made once, before the first is sent: what the generator does for each is to pick the next. */
const script = (load: Load): string => `
local requests, at = {}, 0
function init()
  local credentials = {${load.credentials.map((text) => JSON.stringify(text)).join(', ')}}
  local headers = {${Object.entries(load.headers)
    .map(([name, value]) => `[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
    .join(', ')}}
  for i = 1, math.max(1, #credentials) do
    headers["Authorization"] = credentials[i]
    requests[i] = wrk.format("GET", nil, headers)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"seconds":%f,"errors":%d,"p50_us":%d,"p99_us":%d}\\n', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`;

/** Runs the load to its end. */
export async function generate(load: Load): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'load.lua');
    await writeFile(file, script(load));
    const args = [
      '-c',
      String(load.core),
      'wrk',
      '-t1',
      `-c${load.connections}`,
      `-d${load.seconds}s`,
      '--timeout',
      '5s',
      '-s',
      file,
      load.url,
    ];
    const said = await output('taskset', args);
    const last = said.trim().split('\n').at(-1) ?? '';
    return JSON.parse(last) as LoadResult;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (piece: Buffer) => void (said += piece.toString()));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${program} ended with ${code}: ${said}`)),
    );
  });
}
