/** The configuration of workerd for one worker (workerd.capnp), as text. Paths in it are paths of the sandbox. */
import { extname } from 'node:path';

export interface WorkerPlan {
  /** All files of the artifact, relative; the entry among them. */
  readonly files: readonly string[];
  readonly entry: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly heapMb: number;
}

/** Behaviour of the runtime at this date, for every worker. A later date is a change that developers would notice. */
const compatibilityDate = '2026-11-01';

const moduleTypes: Readonly<Record<string, string>> = {
  '.js': 'esModule',
  '.mjs': 'esModule',
  '.cjs': 'commonJsModule',
  '.json': 'json',
  '.wasm': 'wasm',
  '.txt': 'text',
  '.html': 'text',
};

export function workerdConfig({ files, entry, variables, heapMb }: WorkerPlan): string {
  const modules = [entry, ...files.filter((file) => file !== entry)].map(moduleOf);
  const bindings = Object.entries(variables).map(([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = [])),
  ],
  sockets = [(name = "http", http = (), service = "main")],
  v8Flags = ["--max-heap-size=${heapMb}"],
);

const main :Workerd.Worker = (
  modules = [
    ${modules.join(',\n    ')}
  ],
  bindings = [${bindings.join(', ')}],
  compatibilityDate = "${compatibilityDate}",
);
`;
}

function moduleOf(file: string): string {
  const type = moduleTypes[extname(file)] ?? 'data';
  return `(name = ${quote(file)}, ${type} = embed ${quote(`app/${file}`)})`;
}

/** A text of Cap'n Proto's schema language: escapes as in C, other bytes as UTF-8. */
export function quote(text: string): string {
  const escaped = text.replaceAll(/[\\"\p{Cc}]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `"${escaped}"`;
}
