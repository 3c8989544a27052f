/**
 * Where the kernel accounts for groups of processes: control groups of version 1 (a tree for each controller) or 2 (one
 * tree). Read from /proc once, when a host starts.
 */
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const controllers = ['memory', 'cpu', 'cpuacct', 'pids'] as const;
export type Controller = (typeof controllers)[number];

/** The folder in which groups of this host may be made, for each controller of version 1, or the one of version 2. */
export type Tree =
  | { readonly version: 1; readonly folders: Readonly<Record<Controller, string>> }
  | { readonly version: 2; readonly folder: string };

export interface ProcFiles {
  /** /proc/self/mountinfo */
  readonly mountinfo: string;
  /** /proc/self/cgroup */
  readonly cgroup: string;
}

export async function readProcFiles(): Promise<ProcFiles> {
  const [mountinfo, cgroup] = await Promise.all([
    readFile('/proc/self/mountinfo', 'utf8'),
    readFile('/proc/self/cgroup', 'utf8'),
  ]);
  return { mountinfo, cgroup };
}

/** The trees that these files describe. Version 1 first: where it has the controllers, version 2 lacks them. */
export function treesIn({ mountinfo, cgroup }: ProcFiles): Tree[] {
  const mounts = mountsOf(mountinfo);
  const own = membershipsOf(cgroup);
  const folderOf = (controller: string): string | undefined => {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    if (mount === undefined) return undefined;
    return join(mount.point, below(mount.root, own.get(controller) ?? '/'));
  };
  const [memory, cpu, cpuacct, pids] = controllers.map(folderOf);
  const trees: Tree[] = [];
  if (memory !== undefined && cpu !== undefined && cpuacct !== undefined && pids !== undefined)
    trees.push({ version: 1, folders: { memory, cpu, cpuacct, pids } });
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  if (unified !== undefined)
    trees.push({ version: 2, folder: join(unified.point, below(unified.root, own.get('') ?? '/')) });
  return trees;
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** proc_pid_mountinfo(5): `id parent device root point options [tags] - type source superoptions`. */
function mountsOf(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root, point] = left.split(' ');
    const [type, , options] = right.split(' ');
    if (root === undefined || point === undefined || type === undefined) return [];
    return [{ root, point, type, options: options?.split(',') ?? [] }];
  });
}

/** cgroups(7): `id:controllers:path`; version 2 has no controllers. */
function membershipsOf(cgroup: string): Map<string, string> {
  return new Map(
    cgroup.split('\n').flatMap((line) => {
      const [, names, ...path] = line.split(':');
      return names === undefined ? [] : names.split(',').map((name) => [name, path.join(':')] as const);
    }),
  );
}

/** In a container, the mount shows a part of the tree only. */
const below = (root: string, path: string): string => (path.startsWith(root) ? path.slice(root.length) : '/');

/**
 * Makes the folder that holds the groups of a host, and returns the tree in it. Undefined where this process may not, or
 * where the controllers are not delegated to it.
 */
export async function claimTree(tree: Tree, name: string): Promise<Tree | undefined> {
  try {
    return tree.version === 1 ? await claimFirst(tree.folders, name) : await claimSecond(tree.folder, name);
  } catch {
    return undefined;
  }
}

async function claimFirst(folders: Readonly<Record<Controller, string>>, name: string): Promise<Tree> {
  const claimed = Object.fromEntries(controllers.map((each) => [each, join(folders[each], name)] as const));
  for (const folder of new Set(Object.values(claimed))) {
    await mkdir(folder, { recursive: true });
    await access(join(folder, 'cgroup.procs'), constants.W_OK);
  }
  return { version: 1, folders: claimed as Record<Controller, string> };
}

/**
 * A group of version 2 that has processes can't give controllers to groups below it, so this process first moves into a
 * leaf of its own. systemd delegates with `Delegate=yes`.
 */
async function claimSecond(folder: string, name: string): Promise<Tree | undefined> {
  const offered = (await readFile(join(folder, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  if (!['memory', 'cpu', 'pids'].every((each) => offered.includes(each))) return undefined;
  const [leaf, groups] = [join(folder, `${name}-host`), join(folder, name)];
  await mkdir(leaf, { recursive: true });
  await mkdir(groups, { recursive: true });
  await writeFile(join(leaf, 'cgroup.procs'), '0');
  await writeFile(join(folder, 'cgroup.subtree_control'), '+memory +cpu +pids');
  await writeFile(join(groups, 'cgroup.subtree_control'), '+memory +cpu +pids');
  return { version: 2, folder: groups };
}

/** Names of the groups that there are. */
export async function groupsIn(tree: Tree): Promise<string[]> {
  const folder = tree.version === 1 ? tree.folders.pids : tree.folder;
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Deletes the folders of a host that has ended its instances. Version 2: the host itself is in one of them. */
export async function releaseTree(tree: Tree): Promise<void> {
  const folders = tree.version === 1 ? Object.values(tree.folders) : [tree.folder];
  await Promise.all([...new Set(folders)].map(removeGroup));
}

/** Deletes an empty group. A group is busy for a moment after its last process ended: the caller tries again. */
export async function removeGroup(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
