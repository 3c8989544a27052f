/** Arguments of bubblewrap: all that an instance can see. Pure, so that a test reads the whole list. */

export interface RootPlan {
  /** Host path of a program or library, and where the sandbox has it. */
  readonly binds: readonly (readonly [source: string, target: string])[];
  /** Host path of the unpacked artifact, at `/app`. */
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly tmpBytesMax: number;
  readonly command: readonly string[];
}

/** File descriptors that the launcher and the sandbox agree on. The program keeps the first two. */
export const descriptors = { listen: 3, control: 4, filter: 5, info: 6, block: 7, arguments: 8 } as const;

/** No user of the host has this number, and none inside has a name. */
const insideUser = '65534';
const devices = ['null', 'zero', 'full', 'random', 'urandom'] as const;

/** Passed by a descriptor, not as a command line: it contains variables, and every user of the host can list processes. */
export function argumentsOf(plan: RootPlan): string[] {
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--uid', insideUser, '--gid', insideUser, '--hostname', 'sandbox'],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...['--proc', '/proc'],
    ...devices.flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
    ...['--size', String(plan.tmpBytesMax), '--perms', '1777', '--tmpfs', '/tmp'],
    ...plan.binds.flatMap(([source, target]) => ['--ro-bind', source, target]),
    ...['--ro-bind', plan.folder, '/app', '--chdir', '/app'],
    ...Object.entries(plan.variables).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--remount-ro', '/'],
    ...['--seccomp', String(descriptors.filter), '--info-fd', String(descriptors.info)],
    ...['--block-fd', String(descriptors.block)],
  ];
}

/** NUL between all, as `--args` reads them. */
export const encodeArguments = (args: readonly string[]): Buffer =>
  Buffer.from(args.map((each) => `${each}\0`).join(''));
