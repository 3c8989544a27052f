/** Finds out what a folder holds: a Worker module or a Node application, and the file to start. */
import { join, normalize, sep } from 'node:path';
import type { WorkloadKind } from '@tulou/contract/hosting';
import { Failure } from '../failure.ts';
import type { Files } from '../io.ts';
import { say } from '../language/say.ts';
import { readPackage, readText, tryJson, type PackageFile } from './package.ts';

export interface Detected {
  readonly kind: WorkloadKind;
  /** Relative to the folder. */
  readonly entry: string;
  readonly file: PackageFile | undefined;
}

export interface Wish {
  readonly kind: WorkloadKind | undefined;
  readonly entry: string | undefined;
}

const extensions = ['ts', 'mts', 'js', 'mjs'];
/** Where a Worker is looked for if nothing names it. */
const workerNames = ['worker', 'src/worker'];
const plainNames = ['index', 'src/index', 'main', 'src/main', 'server', 'src/server'];

/** Looks at a folder. Throws where it holds neither, or where the named file is not there. */
export async function detect(folder: string, wish: Wish, files: Files): Promise<Detected> {
  const file = await readPackage(folder, files);
  const entry = wish.entry ?? (await entryOf(folder, file, files));
  if (entry === undefined)
    throw new Failure(say`${folder} holds neither a Worker nor a Node application`, {
      exit: 'data',
      help: 'Name the file with "--entry FILE"; or write worker.js with "export default { fetch }", or a package.json with "main".',
    });
  const path = plainPath(entry);
  const text = await readText(join(folder, path), files);
  if (text === undefined)
    throw new Failure(say`The file ${path} is not in ${folder}`, {
      exit: 'data',
      help: 'Name the file to start with "--entry FILE".',
    });
  return { kind: wish.kind ?? (isWorker(text) ? 'worker' : 'node'), entry: path, file };
}

/** A module that exports an object or a class as its default and mentions `fetch` in it; a program that listens is none. */
const isWorker = (text: string): boolean =>
  /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/.test(text) &&
  /\bfetch\b/.test(text) &&
  !/\.listen\s*\(/.test(text);

function plainPath(path: string): string {
  const plain = normalize(path).split(sep).join('/').replace(/^\.\//, '');
  if (!plain.startsWith('../') && !plain.startsWith('/') && plain !== '..') return plain;
  throw new Failure(say`The file ${path} is outside of the folder`, {
    exit: 'data',
    help: 'Deploy the folder that holds it.',
  });
}

async function entryOf(folder: string, file: PackageFile | undefined, files: Files): Promise<string | undefined> {
  const named = (await wranglerMain(folder, files)) ?? startOf(file) ?? file?.main;
  if (named !== undefined) return named;
  for (const name of [...workerNames, ...plainNames]) {
    for (const extension of extensions) {
      const path = `${name}.${extension}`;
      if ((await readText(join(folder, path), files)) !== undefined) return path;
    }
  }
  return undefined;
}

/** The file of `"start": "node FILE"`. */
function startOf(file: PackageFile | undefined): string | undefined {
  const script = file?.scripts?.['start'];
  if (script === undefined) return undefined;
  const match = /^node\s+(?:--[\w-]+(?:=\S+)?\s+)*([^-\s]\S*)$/.exec(script.trim());
  if (match !== null) return match[1];
  if (file?.main !== undefined) return undefined;
  throw new Failure(say`The script "start" is "${script}", which a host does not run: it starts one file with Node`, {
    exit: 'data',
    help: 'Write "start": "node FILE" in package.json, or name the file with "--entry FILE".',
  });
}

/** `main` of wrangler.json, wrangler.jsonc or wrangler.toml. */
async function wranglerMain(folder: string, files: Files): Promise<string | undefined> {
  for (const name of ['wrangler.json', 'wrangler.jsonc']) {
    const text = await readText(join(folder, name), files);
    const main = (tryJson(text?.replaceAll(/^\s*\/\/.*$/gm, '') ?? '') as { main?: unknown } | undefined)?.main;
    if (typeof main === 'string') return main;
  }
  const toml = (await readText(join(folder, 'wrangler.toml'), files)) ?? '';
  return /^main\s*=\s*["']([^"']+)["']/m.exec(toml)?.[1];
}
