/** The driver `sandbox`: bubblewrap around Node or workerd. No container engine, no image, no network. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGroup, openGroup, type Group } from '../cgroup/group.ts';
import { claimTree, groupsIn, readProcFiles, releaseTree, treesIn, type Tree } from '../cgroup/tree.ts';
import { sleep, type Clock } from '../clock.ts';
import type { Instance, InstanceSpec, RuntimeDriver } from '../drivers/driver.ts';
import { HostError } from '../host-error.ts';
import { commandFor, heapMb } from './command.ts';
import { SandboxInstance } from './instance.ts';
import { closeInherited } from './descriptors.ts';
import { launch, type LaunchPlan, type ProcessLimits, type Tools } from './launch.ts';
import { killOrphans, markOf, signal } from './orphans.ts';
import { openListener } from './listener.ts';
import { findProgram, findWorkerd, isReachable, openRuntime, type Runtime } from './runtimes.ts';
import { encodeFilter, filterFor } from './seccomp.ts';
import { Users } from './users.ts';

export interface SandboxOptions {
  /** The driver's own folder. Its path is short: sockets are in it. */
  readonly dir: string;
  /** First of the users that instances run as, where the host is root. */
  readonly firstUser?: number;
  /** Do without control groups even where they could be used. */
  readonly withoutGroups?: boolean;
}

export const sandboxLimits = {
  processesMax: 64,
  filesMax: 4096,
  tmpBytesMax: 16 * 1024 * 1024,
  instancesMax: 2000,
} as const;

/** Node and workerd map code and stacks that count as data of a process, beside what the limit is meant for. */
const dataAllowanceBytes = 512 * 1024 * 1024;

const refusalRemedy =
  'Allow unprivileged user namespaces (kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, ' +
  'user.max_user_namespaces above 0). In a container, permit them in its seccomp profile and do not mask /proc.';

interface Parts {
  readonly clock: Clock;
  readonly dir: string;
  /** Differs from other hosts on the machine. */
  readonly name: string;
  readonly tools: Tools;
  readonly runtimes: Readonly<Record<InstanceSpec['kind'], Runtime>>;
  readonly tree: Tree | undefined;
  readonly users: Users | undefined;
  readonly filter: Buffer;
}

/** Opens the driver, and proves with a first sandbox that this machine can run one. */
export async function openSandbox(options: SandboxOptions, clock: Clock): Promise<RuntimeDriver> {
  if (process.platform !== 'linux')
    throw new HostError('The driver sandbox needs Linux.', 'Run the role host on a Linux machine.');
  const driver = new Sandbox(await openParts(options, clock));
  await driver.sweep();
  await driver.prove();
  return driver;
}

async function openParts(options: SandboxOptions, clock: Clock): Promise<Parts> {
  const { dir } = options;
  closeInherited();
  await makeFolders(dir);
  const isRoot = process.getuid?.() === 0;
  if (isRoot && !(await isReachable(dir)))
    throw new HostError(
      `Other users can not reach ${dir}, and instances run as users of their own.`,
      'Give the execute permission for others (chmod o+x) to each folder on this path.',
    );
  const name = `tulou-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
  const copies = join(dir, 'runtime');
  const [bubblewrap, prlimit, node, worker, tree] = await Promise.all([
    findProgram('bwrap', 'Install bubblewrap (apt-get install bubblewrap).'),
    findProgram('prlimit', 'Install util-linux.'),
    openRuntime('node', process.execPath, copies),
    openRuntime('workerd', findWorkerd(), copies),
    options.withoutGroups === true ? undefined : claim(name),
  ]);
  return {
    clock,
    dir,
    name,
    tools: { bubblewrap, prlimit },
    runtimes: { node: withShim(node), worker },
    tree,
    users: isRoot ? new Users(options.firstUser ?? 200_000, sandboxLimits.instancesMax) : undefined,
    filter: encodeFilter(filterFor(process.arch === 'arm64' ? 'arm64' : 'x64')),
  };
}

const withShim = (node: Runtime): Runtime => ({
  ...node,
  binds: [...node.binds, [join(import.meta.dirname, 'shim.cjs'), '/runtime/shim.cjs']],
});

/** Names in a sandbox. Programs look their user up, and `localhost`. */
const etc = {
  passwd: 'nobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin\n',
  group: 'nogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
} as const;

async function makeFolders(dir: string): Promise<void> {
  // Other users pass through to what an instance reads. They see neither names nor sockets.
  const modes = { '.': 0o711, etc: 0o755, instances: 0o711, s: 0o700 } as const;
  for (const [name, mode] of Object.entries(modes)) {
    await mkdir(join(dir, name), { recursive: true });
    await chmod(join(dir, name), mode);
  }
  for (const [name, text] of Object.entries(etc)) {
    await writeFile(join(dir, 'etc', name), text);
    await chmod(join(dir, 'etc', name), 0o644);
  }
}

/** Two hosts on one machine have trees of their own, and a host finds its own again. */
async function claim(name: string): Promise<Tree | undefined> {
  for (const tree of treesIn(await readProcFiles())) {
    const claimed = await claimTree(tree, name);
    if (claimed !== undefined) return claimed;
  }
  return undefined;
}

class Sandbox implements RuntimeDriver {
  readonly name = 'sandbox';
  readonly capabilities: RuntimeDriver['capabilities'];
  readonly #parts: Parts;
  readonly #running = new Map<string, SandboxInstance>();
  readonly #starting = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.capabilities = {
      level: 'process',
      kinds: ['worker', 'node'],
      limits: parts.tree === undefined ? 'rlimit' : 'cgroup',
      ownUser: parts.users !== undefined,
    };
  }

  async start(spec: InstanceSpec): Promise<Instance> {
    const { clock, dir, name, tools, runtimes, tree, users, filter } = this.#parts;
    if (this.#running.size >= sandboxLimits.instancesMax)
      throw new HostError(
        `This host runs ${sandboxLimits.instancesMax} instances, which is its bound.`,
        'Add another host.',
      );
    const folder = join(dir, 'instances', spec.id);
    const socketPath = join(dir, 's', `${spec.id}.sock`);
    const user = users?.take();
    let group: Group | undefined;
    this.#starting.add(spec.id);
    try {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o711);
      const root = await commandFor(spec, runtimes[spec.kind], folder, join(dir, 'etc'));
      group = tree === undefined ? undefined : await makeGroup(tree, spec.id, groupLimits(spec));
      const limits = processLimits(spec, group !== undefined, user !== undefined);
      const listener = await openListener(socketPath);
      const mark = markOf(name, spec.id);
      const plan: LaunchPlan = { root, limits, filter, mark, listen: listener.descriptor, user };
      const launched = launch(tools, plan);
      listener.release();
      const clean = (): Promise<void> => this.#clean(spec.id, user);
      const instance = new SandboxInstance({
        id: spec.id,
        socketPath,
        launched,
        group,
        clock,
        clean,
        killOrphans: () => this.#killOrphans(),
      });
      this.#running.set(spec.id, instance);
      await instance.enter(tools, user === undefined ? sandboxLimits.processesMax : undefined);
      return instance;
    } catch (error) {
      await this.#running.get(spec.id)?.stop(0);
      await group?.remove();
      await this.#clean(spec.id, user);
      throw error;
    } finally {
      this.#starting.delete(spec.id);
    }
  }

  async #killOrphans(): Promise<void> {
    await killOrphans(this.#parts.name, new Set([...this.#running.keys(), ...this.#starting]));
  }

  async #clean(id: string, user: number | undefined): Promise<void> {
    const { dir, users } = this.#parts;
    this.#running.delete(id);
    await rm(join(dir, 's', `${id}.sock`), { force: true });
    await rm(join(dir, 'instances', id), { recursive: true, force: true });
    if (user !== undefined) users?.give(user);
  }

  /** Instances end with the host that started them; one that was just starting may be left, and groups and files. */
  async sweep(): Promise<number> {
    const { dir, tree, clock } = this.#parts;
    await this.#killOrphans();
    const isKnown = (id: string): boolean => this.#running.has(id) || this.#starting.has(id);
    const groups = tree === undefined ? [] : await groupsIn(tree);
    const left = new Set([...(await readdir(join(dir, 'instances'))), ...groups].filter((id) => !isKnown(id)));
    for (const id of left) {
      if (tree !== undefined) await endGroup(openGroup(tree, id), clock);
      await this.#clean(id, undefined);
    }
    return left.size;
  }

  /** Runs a first instance, so that a machine that can't run one refuses when the host starts, and names the cause. */
  async prove(): Promise<void> {
    const folder = join(this.#parts.dir, 'probe');
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'probe.js'), 'process.stdout.write("sandboxed");', { mode: 0o644 });
    const domain = { developer: 'host', tenant: 'host', environment: 'test' };
    const limits = { memory_mb: 128, cpu_millis: 1000 };
    const instance = await this.start({
      ...{ id: 'probe', domain, folder, limits },
      kind: 'node',
      entry: 'probe.js',
      variables: {},
    });
    const [stdout, stderr] = await Promise.all([textOf(instance.stdout), textOf(instance.stderr), instance.ended]);
    if (stdout === 'sandboxed') return;
    throw new HostError(`This machine can not run a sandbox: ${stderr.trim()}`, refusalRemedy);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((instance) => instance.stop(0)));
    if (this.#parts.tree !== undefined) await releaseTree(this.#parts.tree);
  }
}

function groupLimits({ limits }: InstanceSpec): Parameters<typeof makeGroup>[2] {
  const { processesMax } = sandboxLimits;
  return { memoryBytes: limits.memory_mb * 1024 * 1024, cpuMillis: limits.cpu_millis, processesMax };
}

function processLimits(spec: InstanceSpec, hasGroup: boolean, hasUser: boolean): ProcessLimits {
  const { filesMax, processesMax } = sandboxLimits;
  const dataBytesMax = hasGroup ? undefined : heapMb(spec.limits) * 2 * 1024 * 1024 + dataAllowanceBytes;
  return { filesMax, processesMax: hasUser ? processesMax : undefined, dataBytesMax };
}

async function endGroup(group: Group, clock: Clock): Promise<void> {
  for (let i = 0; i < 100 && !(await group.remove()); i += 1) {
    for (const pid of await group.processIds()) signal(pid, 'SIGKILL');
    await sleep(clock, 10);
  }
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text = (text + String(chunk)).slice(-2000);
  return text;
}
