/** Bundles a Worker into one module. */
import { Failure } from '../failure.ts';
import { say } from '../language/say.ts';
import type { PackedFile } from './tar.ts';

/** The name of the module in the archive. */
export const bundleName = 'worker.js';

/** One ES module with all that it imports, but for what workerd itself has. The same sources make the same bytes. */
export async function bundleWorker(folder: string, entry: string): Promise<PackedFile[]> {
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: folder,
    entryPoints: [`./${entry}`],
    outfile: bundleName,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser', 'import'],
    mainFields: ['browser', 'module', 'main'],
    external: ['node:*', 'cloudflare:*'],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw bundleFailure(error);
  });
  return result.outputFiles.map(({ contents }) => ({ path: bundleName, bytes: contents, isExecutable: false }));
}

interface Message {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
}

const shownMax = 10;

function bundleFailure(error: unknown): unknown {
  const { errors } = error as { errors?: readonly Message[] };
  if (!Array.isArray(errors)) return error;
  const lines = (errors as readonly Message[])
    .slice(0, shownMax)
    .map(({ text, location }) =>
      location === null ? text : `${location.file}:${location.line}:${location.column + 1} ${text}`,
    );
  return new Failure('The Worker cannot be bundled', {
    exit: 'data',
    detail: lines.join('\n'),
    help: say`Correct it, or install what it imports with "npm install".`,
  });
}
