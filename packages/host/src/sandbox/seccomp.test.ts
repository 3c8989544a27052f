import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeFilter, filterFor, verdicts, type Architecture } from './seccomp.ts';
import { allowedArm64, allowedX64, judgedArm64, judgedX64 } from './syscalls.ts';

const machines = {
  x64: { audit: 0xc000003e, allowed: allowedX64, judged: judgedX64 },
  arm64: { audit: 0xc00000b7, allowed: allowedArm64, judged: judgedArm64 },
} as const;
const both = ['x64', 'arm64'] as const;

/** Runs the bytes as the kernel does, for the few instructions that filters here use. */
function run(bytes: Buffer, call: number, audit: number, args: readonly number[] = []): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call, 0);
  data.writeUInt32LE(audit, 4);
  for (const [i, value] of args.entries()) data.writeUInt32LE(value, 16 + i * 8);
  let at = 0;
  let a = 0;
  for (;;) {
    const code = bytes.readUInt16LE(at * 8);
    const operand = bytes.readUInt32LE(at * 8 + 4);
    const jump = (isTrue: boolean): number => bytes.readUInt8(at * 8 + (isTrue ? 2 : 3));
    if (code === 0x06) return operand;
    if (code === 0x20) a = data.readUInt32LE(operand);
    else if (code === 0x15) at += jump(a === operand);
    else if (code === 0x35) at += jump(a >= operand);
    else if (code === 0x45) at += jump((a & operand) !== 0);
    else assert.fail(`instruction ${code}`);
    at += 1;
  }
}

/** Numbers of calls that no sandbox may make. */
// oxfmt-ignore
const forbidden: Record<Architecture, Readonly<Record<string, number>>> = {
  x64: {
    ptrace: 101, unshare: 272, setns: 308, mount: 165, umount2: 166, pivot_root: 155, chroot: 161, bpf: 321, keyctl: 250,
    add_key: 248, request_key: 249, userfaultfd: 323, io_uring_setup: 425, perf_event_open: 298, process_vm_readv: 310,
    kexec_load: 246, init_module: 175, open_by_handle_at: 304, personality: 135, mknod: 133, mknodat: 259, syslog: 103,
    move_mount: 429, fsopen: 430, setuid: 105, quotactl: 179, swapon: 167, reboot: 169, kcmp: 312,
  },
  arm64: {
    ptrace: 117, unshare: 97, setns: 268, mount: 40, umount2: 39, pivot_root: 41, chroot: 51, bpf: 280, keyctl: 219,
    add_key: 217, request_key: 218, userfaultfd: 282, io_uring_setup: 425, perf_event_open: 241, process_vm_readv: 270,
    kexec_load: 104, init_module: 105, open_by_handle_at: 265, personality: 92, mknodat: 33, syslog: 116,
    move_mount: 429, fsopen: 430, setuid: 146, quotactl: 60, swapon: 224, reboot: 142, kcmp: 272,
  },
};

describe('the filter of system calls', () => {
  for (const machine of both) {
    const { audit, allowed, judged } = machines[machine];
    const bytes = encodeFilter(filterFor(machine));

    test(`${machine}: a listed call is allowed, an unlisted one is denied`, () => {
      const listed = new Set(Object.values(allowed));
      const special = new Set<number>(Object.values(judged));
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 600 }), (call) => {
          fc.pre(!special.has(call));
          assert.equal(run(bytes, call, audit), listed.has(call) ? verdicts.allow : verdicts.deny);
        }),
        { numRuns: 2000 },
      );
    });

    test(`${machine}: calls that lead out of a sandbox are denied`, () => {
      for (const [name, call] of Object.entries(forbidden[machine]))
        assert.equal(run(bytes, call, audit), verdicts.deny, name);
    });

    test(`${machine}: a thread and a process may be made, a namespace may not`, () => {
      const flags = { thread: 0x3d0f00, fork: 0x1200011, vfork: 0x4111 };
      for (const value of Object.values(flags)) assert.equal(run(bytes, judged.clone, audit, [value]), verdicts.allow);
      for (const bit of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
        assert.equal(run(bytes, judged.clone, audit, [bit | 17]), verdicts.deny);
      assert.equal(
        run(bytes, judged.clone3, audit),
        verdicts.absent,
        'its flags are in memory: no filter can read them',
      );
    });

    test(`${machine}: only sockets of four families may be made`, () => {
      for (let family = 0; family < 64; family += 1) {
        const expected = [1, 2, 10, 16].includes(family) ? verdicts.allow : verdicts.noFamily;
        assert.equal(run(bytes, judged.socket, audit, [family]), expected, `family ${family}`);
      }
    });

    test(`${machine}: a call of another architecture ends the process`, () => {
      const other = machine === 'x64' ? machines.arm64.audit : machines.x64.audit;
      for (const alien of [other, 0x40000003, 0]) assert.equal(run(bytes, 0, alien), verdicts.kill);
      assert.equal(run(bytes, 0x40000000 + 1, audit), verdicts.kill, 'x32 numbers');
    });

    test(`${machine}: input of a terminal can not be written`, () => {
      assert.equal(run(bytes, judged.ioctl, audit, [0, 0x5412]), verdicts.deny);
      assert.equal(run(bytes, judged.ioctl, audit, [0, 0x5401]), verdicts.allow);
    });
  }
});
