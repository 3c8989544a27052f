/** The command of an instance and the root it runs in, by its kind. */
import { readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { InstanceSpec } from '../drivers/driver.ts';
import type { RootPlan } from './root.ts';
import type { Runtime } from './runtimes.ts';
import { descriptors } from './root.ts';
import { workerdConfig } from './workerd-config.ts';

/** The port that a program is given. Its network is its own, so that all can have the same. */
const port = '8080';
const tmpBytesMax = 16 * 1024 * 1024;

/** Half of the limit: buffers, code and stacks need the rest. A heap that is full is an error that a developer can read. */
export const heapMb = ({ memory_mb: memoryMb }: InstanceSpec['limits']): number =>
  Math.max(16, Math.floor(memoryMb / 2));

/** `folder` is the instance's own, on the host, and read only inside. */
export async function commandFor(spec: InstanceSpec, runtime: Runtime, folder: string, etc: string): Promise<RootPlan> {
  const base = { binds: [...runtime.binds, [etc, '/etc'] as const], folder: spec.folder, tmpBytesMax };
  if (spec.kind === 'node') {
    const command = [
      runtime.program,
      '--require=/runtime/shim.cjs',
      `--max-old-space-size=${heapMb(spec.limits)}`,
      `/app/${spec.entry}`,
    ];
    const own = { PORT: port, HOME: '/tmp', TMPDIR: '/tmp', PATH: '/runtime', NODE_ENV: 'production' };
    return { ...base, command, variables: { ...own, ...spec.variables } };
  }
  const config = join(folder, 'config.capnp');
  const plan = { files: await filesIn(spec.folder), entry: spec.entry, variables: spec.variables };
  await writeFile(config, workerdConfig({ ...plan, heapMb: heapMb(spec.limits) }), { mode: 0o644 });
  return {
    ...base,
    binds: [...base.binds, [config, '/config.capnp']],
    variables: {},
    command: [
      runtime.program,
      'serve',
      `--socket-fd=http=${descriptors.listen}`,
      `--control-fd=${descriptors.control}`,
      '/config.capnp',
    ],
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}
