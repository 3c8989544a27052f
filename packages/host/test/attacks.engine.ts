/** Hostile services in a sandbox, each beside a neighbour that must keep answering. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Instance, RuntimeDriver } from '../src/drivers/driver.ts';
import { openSandbox } from '../src/sandbox/sandbox.ts';
import { specOf, textOf } from './driver-conformance.ts';
import { callSocket, clock, makeFolder, until } from './machine.ts';
import { programOf, programOf32Bit, type SystemCall } from './system-calls.ts';
import { nodeAnswering, nodeEvaluating, workerAnswering } from './programs.ts';

interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

/** Runs code inside an instance of `nodeEvaluating`. */
function evaluate({ socketPath }: Instance, code: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method: 'POST', agent: false, headers: { host: 'attacker' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => resolve(JSON.parse(text) as Outcome));
      answer.once('error', reject);
    });
    call.once('error', reject);
    call.end(code);
  });
}

interface Forbidden {
  readonly call: SystemCall;
  /** Error numbers: EPERM by default. */
  readonly errors?: readonly number[];
}

const forbidden = (
  numbers: SystemCall['numbers'],
  args: readonly number[] = [],
  errors?: readonly number[],
): Forbidden => ({
  call: { numbers, arguments: args },
  ...(errors === undefined ? {} : { errors }),
});

const noFamily = [97];
const newUser = 0x10000000;

const forbiddenCalls: Readonly<Record<string, Forbidden>> = {
  unshare_user: forbidden([272, 97], [newUser]),
  unshare_mounts: forbidden([272, 97], [0x20000]),
  clone_with_a_user_namespace: forbidden([56, 220], [newUser | 17]),
  clone3: forbidden([435, 435], [0, 0], [38]),
  setns: forbidden([308, 268], [0, 0]),
  mount: forbidden([165, 40], [0, 0, 0, 0]),
  umount: forbidden([166, 39], [0, 0]),
  pivot_root: forbidden([155, 41], [0, 0]),
  chroot: forbidden([161, 51], [0]),
  open_tree: forbidden([428, 428], [0, 0, 0]),
  fsopen: forbidden([430, 430], [0, 0]),
  ptrace_traceme: forbidden([101, 117], [0]),
  ptrace_attach: forbidden([101, 117], [16, 1]),
  process_vm_readv: forbidden([310, 270], [1, 0, 0]),
  bpf: forbidden([321, 280], [0, 0, 0]),
  keyctl: forbidden([250, 219], [0]),
  add_key: forbidden([248, 217], [0, 0, 0]),
  request_key: forbidden([249, 218], [0, 0, 0]),
  userfaultfd: forbidden([323, 282], [1]),
  perf_event_open: forbidden([298, 241], [0, 0, 0]),
  io_uring_setup: forbidden([425, 425], [1, 0]),
  kexec_load: forbidden([246, 104], [0, 0, 0]),
  init_module: forbidden([175, 105], [0, 0, 0]),
  open_by_handle_at: forbidden([304, 265], [0, 0, 0]),
  personality: forbidden([135, 92], [0x40000]),
  mknod: forbidden([259, 33], [-100, 0, 0]),
  kernel_log: forbidden([103, 116], [3, 0, 0]),
  set_time: forbidden([227, 112], [0, 0]),
  set_hostname: forbidden([170, 161], [0, 0]),
  raw_socket: forbidden([41, 198], [2, 3, 1]),
  raw_socket_of_version_6: forbidden([41, 198], [10, 3, 58]),
  packet_socket: forbidden([41, 198], [17, 3, 0], noFamily),
  vsock: forbidden([41, 198], [40, 1, 0], noFamily),
  crypto_socket: forbidden([41, 198], [38, 5, 0], noFamily),
  bluetooth_socket: forbidden([41, 198], [31, 3, 0], noFamily),
};

const forbiddenActions: Readonly<Record<string, string>> = {
  'a shell': 'require("child_process").execFileSync("/bin/sh", ["-c", "id"])',
  'another user': 'process.setuid(0)',
  'another group': 'process.setgid(0)',
  'the log of the kernel': 'require("fs").openSync("/dev/kmsg", "r")',
  'another owner':
    'const f = process.env.TMPDIR + "/o"; require("fs").writeFileSync(f, ""); require("fs").chownSync(f, 1, 1)',
};

const canaryText = 'a secret of the host';

describe('from inside a sandbox', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let driver: RuntimeDriver;
  let attacker: Instance;
  let neighbour: Instance;

  const start = async (files: Parameters<typeof specOf>[2], kind: 'node' | 'worker' = 'node'): Promise<Instance> => {
    const instance = await driver.start(await specOf(folder.path, kind, files));
    assert.equal(await instance.listening, true);
    return instance;
  };

  before(async () => {
    folder = await makeFolder();
    driver = await openSandbox({ dir: join(folder.path, 'd') }, clock);
    const spec = await specOf(folder.path, 'node', nodeEvaluating);
    const getpid: SystemCall = { numbers: [39, 172], arguments: [] };
    for (const [name, { call }] of Object.entries({ ...forbiddenCalls, getpid: { call: getpid } }))
      await writeFile(join(spec.folder, name), programOf(call), { mode: 0o755 });
    await writeFile(join(spec.folder, 'door32'), programOf32Bit(), { mode: 0o755 });
    [attacker, neighbour] = await Promise.all([
      driver.start(spec),
      start({ ...workerAnswering('"alive"'), 'secret.txt': canaryText }, 'worker'),
    ]);
    assert.equal(await attacker.listening, true);
  });
  after(async () => {
    await driver.close();
    await folder.remove();
  });

  const runs = async (code: string, expected: unknown): Promise<void> =>
    assert.deepEqual(await evaluate(attacker, code), { value: expected });
  const fails = async (code: string, expected: RegExp): Promise<void> => {
    const outcome = await evaluate(attacker, code);
    assert.match(outcome.error ?? `value ${JSON.stringify(outcome.value)}`, expected, code);
  };
  const neighbourAnswers = async (): Promise<void> =>
    assert.equal((await callSocket(neighbour.socketPath)).text, 'alive');

  test('it has no capability, can gain none, and its system calls are filtered', async () => {
    const { value } = await evaluate(attacker, 'return require("fs").readFileSync("/proc/self/status", "utf8")');
    const status = String(value);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      assert.match(status, new RegExp(`^${set}:\\t0{16}$`, 'm'));
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
  });

  test('it runs as a user of its own, which is neither the host’s nor a neighbour’s', async () => {
    const users = await Promise.all([attacker, neighbour].map(outsideUser));
    assert.ok(users.every((user) => user !== undefined));
    if (driver.capabilities.ownUser) assert.equal(new Set([...users, process.getuid?.()]).size, 3, users.join());
    else assert.notEqual(process.getuid?.(), 0, 'as root, a host always gives users of their own');
  });

  test('it sees its own processes only, and can signal no other', async () => {
    const own = 'return require("fs").readdirSync("/proc").filter((n) => /^[0-9]+$/.test(n)).length';
    await runs(own, 2);
    for (const pid of [process.pid, process.ppid]) await fails(`process.kill(${pid}, 0)`, /ESRCH/);
    // Process 1 is its own reaper; -1 is everything that it can see: neither is outside.
    await runs('try { process.kill(1, "SIGKILL") } catch {} return "alive"', 'alive');
    await neighbourAnswers();
  });

  test('the root is read-only and holds nothing of the host', async () => {
    await runs('return require("fs").readdirSync("/").sort()', [
      'app',
      'dev',
      'etc',
      'lib',
      'lib64',
      'proc',
      'runtime',
      'tmp',
    ]);
    for (const path of ['/x', '/app/x', '/etc/x', '/dev/x', '/runtime/x', '/lib/x'])
      await fails(`require("fs").writeFileSync("${path}", "x")`, /EROFS|EACCES|EPERM/);
    for (const path of [
      '/etc/shadow',
      '/root',
      '/home',
      '/var',
      '/sys',
      '/run',
      '/usr',
      '/bin',
      '/dev/mem',
      '/dev/shm',
      folder.path,
    ])
      await fails(`require("fs").statSync("${path}")`, /ENOENT/);
    await runs('return require("fs").readdirSync("/etc").sort()', ['group', 'hosts', 'nsswitch.conf', 'passwd']);
  });

  test('no way through /proc leads out', async () => {
    const walk = `const fs = require("fs"); const seen = [];
      for (const pid of fs.readdirSync("/proc").filter((n) => /^[0-9]+$/.test(n)))
        for (const way of ["root", "cwd"]) { try { seen.push(...fs.readdirSync("/proc/" + pid + "/" + way)) } catch {} }
      return [...new Set(seen)].filter((n) => ["home", "var", "usr", "sys", "boot"].includes(n))`;
    await runs(walk, []);
    await fails('require("fs").writeFileSync("/proc/sys/kernel/hostname", "x")', /EROFS|EACCES|EPERM/);
    await fails('require("fs").writeFileSync("/proc/sysrq-trigger", "c")', /EROFS|EACCES|EPERM|ENOENT/);
    await fails('return require("fs").readFileSync("/proc/kcore").length', /EACCES|EPERM|ENOENT|EIO/);
    const environments = 'return require("fs").readFileSync("/proc/1/environ", "latin1")';
    const { value = '' } = await evaluate(attacker, environments);
    // The mark by which the host finds it, at most.
    assert.match(String(value), /^(?:TULOU_SANDBOX=tulou-[0-9a-f]{12}\/isn_\d+\0)?$/);
  });

  test('its descriptors are its own: two streams, its listener, its control pipe, and what it opened', async () => {
    const opened = `const fs = require("fs");
      return fs.readdirSync("/proc/self/fd").map((fd) => { try { return fs.readlinkSync("/proc/self/fd/" + fd) } catch { return "" } })
        .filter((target) => target.startsWith("/") && target !== "/dev/null")`;
    await runs(opened, []);
  });

  test('no address answers: not the loopback of the host, not the metadata of a cloud, in any spelling', async () => {
    const listener = createServer((socket) => socket.end(canaryText));
    await new Promise<void>((resolve) => void listener.listen(0, '0.0.0.0', resolve));
    const { port } = listener.address() as AddressInfo;
    const addresses = [
      ...['127.0.0.1', '127.1', '0.0.0.0', '::1', '::ffff:127.0.0.1', 'localhost'].map((host) => [host, port] as const),
      ...['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '10.0.0.1', '192.168.0.1', '1.1.1.1'].map(
        (host) => [host, 80] as const,
      ),
    ];
    try {
      for (const [host, at] of addresses)
        await fails(
          `return await new Promise((resolve, reject) => { const s = require("net").connect(${at}, "${host}");
            s.on("connect", () => resolve("connected")); s.on("error", reject); })`,
          /ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ENOTFOUND/,
        );
      await fails('return (await require("dns").promises.lookup("example.com")).address', /ENOTFOUND|EAI_AGAIN/);
      await runs('return Object.keys(require("os").networkInterfaces())', ['lo']);
    } finally {
      listener.close();
    }
  });

  test('sockets of the host and of neighbours can not be reached, by path or by abstract name', async () => {
    const paths = [neighbour.socketPath, attacker.socketPath, '/var/run/docker.sock', '/run/dbus/system_bus_socket'];
    for (const path of paths)
      await fails(
        `return await new Promise((resolve, reject) => require("net").connect("${path}").on("connect", resolve).on("error", reject))`,
        /ENOENT/,
      );
    const abstract = createServer((socket) => socket.end(canaryText));
    await new Promise<void>((resolve) => void abstract.listen('\0tulou-test-abstract', resolve));
    try {
      await fails(
        'return await new Promise((resolve, reject) => require("net").connect("\\0tulou-test-abstract").on("connect", () => resolve(1)).on("error", reject))',
        /ECONNREFUSED/,
      );
    } finally {
      abstract.close();
    }
  });

  test('a worker can not reach the network, a file of its folder, or a secret of a neighbour', async () => {
    const tries = `(await Promise.all(["http://127.0.0.1/", "http://169.254.169.254/latest/", "https://example.com/"].map((u) =>
      fetch(u).then((r) => r.status, () => "refused")))).join()`;
    const worker = await start(workerAnswering(tries), 'worker');
    assert.match((await callSocket(worker.socketPath)).text, /^(?:refused|5\d\d),(?:refused|5\d\d),(?:refused|5\d\d)$/);
    await worker.stop(0);
  });

  for (const [name, { call, errors = [1] }] of Object.entries(forbiddenCalls))
    test(`denied: ${name}`, async () => {
      const { value } = await evaluate(attacker, `return require("child_process").spawnSync("/app/${name}").status`);
      assert.ok(errors.includes(Number(value)), `${name} ${JSON.stringify(call.arguments)} gave ${String(value)}`);
    });

  test('a program of the attacker does run: what is denied above is denied for its own sake', async () => {
    await runs('return require("child_process").spawnSync("/app/getpid").status', 0);
  });

  if (process.arch === 'x64')
    test('a 32-bit call ends the process that makes it', async () => {
      await runs('return require("child_process").spawnSync("/app/door32").signal', 'SIGSYS');
    });

  for (const [name, code] of Object.entries(forbiddenActions))
    test(`denied: ${name}`, () => fails(code, /^(?:EPERM|EACCES|ENOENT|EINVAL)$/));

  test('an endless loop takes its own processor share only', async () => {
    const looping = await start(nodeAnswering('q.url === "/loop" ? (() => { for (;;); })() : "idle"'));
    callSocket(looping.socketPath, '/loop').catch(() => undefined);
    await until('the loop', async () => ((await looping.stats()).cpuMs > 300 ? true : undefined));
    for (let i = 0; i < 20; i += 1) await neighbourAnswers();
    await looping.stop(100);
    assert.equal((await looping.ended).reason, 'stopped');
  });

  for (const [what, expression] of [
    ['heap', '(() => { const all = []; for (;;) all.push(new Array(1e5).fill({})); })()'],
    ['buffers', '(() => { const all = []; for (;;) all.push(Buffer.alloc(8e6, 1)); })()'],
  ] as const)
    test(`memory for ${what} ends with its limit, and with the instance`, async () => {
      const hog = await start(nodeAnswering(expression));
      const error = textOf(hog.stderr);
      await assert.rejects(callSocket(hog.socketPath));
      const { reason } = await hog.ended;
      // A full heap is an abort of Node that says so; all other memory is the kernel's to stop.
      if (driver.capabilities.limits === 'cgroup' && what === 'buffers') assert.equal(reason, 'memory');
      else assert.ok(reason === 'memory' || /heap|memory|allocation/i.test(error()), error());
      await neighbourAnswers();
    });

  test('a bomb of processes stops at the bound', async () => {
    const bomb = await start(nodeEvaluating);
    const fork = `const { spawn } = require("child_process"); let made = 0; let refused = 0;
      await Promise.all(Array.from({ length: 200 }, () => new Promise((done) => {
        const child = spawn("/runtime/node", ["-e", "setTimeout(()=>{},1e6)"], { stdio: "ignore" });
        child.once("spawn", () => { made += 1; done() }); child.once("error", () => { refused += 1; done() }); })));
      return { made, refused }`;
    const outcome = (await evaluate(bomb, fork).catch(() => ({ value: { made: 0, refused: 200 } }))) as {
      value?: { made: number; refused: number };
    };
    assert.ok((outcome.value?.refused ?? 200) > 100, JSON.stringify(outcome));
    assert.ok((await bomb.stats()).processes <= 64, JSON.stringify(await bomb.stats()));
    await neighbourAnswers();
    await bomb.stop(0);
    assert.deepEqual(await processesNaming(bomb.id), []);
  });

  test('a disk filler fills its own 16 MiB, which are memory of its own', async () => {
    const fill = `const fs = require("fs"); const f = process.env.TMPDIR + "/f"; const fd = fs.openSync(f, "w"); let bytes = 0;
      try { for (;;) bytes += fs.writeSync(fd, Buffer.alloc(1e6)); }
      catch (error) { fs.unlinkSync(f); return [error.code, bytes <= 17e6]; }`;
    await runs(fill, ['ENOSPC', true]);
  });

  test('a hog of descriptors stops at the bound', async () => {
    const hog = `const fs = require("fs"); const all = [];
      try { for (;;) all.push(fs.openSync("/dev/null")); }
      catch (error) { all.forEach((fd) => fs.closeSync(fd)); return [error.code, all.length < 4096]; }`;
    await runs(hog, ['EMFILE', true]);
  });
});

async function outsideUser(instance: Instance): Promise<number | undefined> {
  for (const pid of await processesNaming(instance.id))
    return Number((await statusOf(pid)).match(/^Uid:\t(\d+)/m)?.[1]);
  return undefined;
}

const statusOf = (pid: string): Promise<string> => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');

/** Processes of the host whose mounts come from the instance's folder. */
async function processesNaming(id: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
    if (mounts.includes(`app-${id} `)) found.push(pid);
  }
  return found;
}
