/**
 * A seccomp filter as classic BPF (seccomp(2), linux/bpf_common.h): an allow list by number, for the architecture of the
 * machine only. An unlisted call fails with EPERM. A call of another architecture ends the process.
 */
import { allowedArm64, allowedX64, judgedArm64, judgedX64, type JudgedCalls } from './syscalls.ts';

export type Architecture = 'x64' | 'arm64';

const load = 0x20;
const jumpEqual = 0x15;
const jumpGreaterOrEqual = 0x35;
const jumpAnySet = 0x45;
const give = 0x06;

export const verdicts = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  /** EPERM. */
  deny: 0x00050001,
  /** ENOSYS: libraries use an older call then. */
  absent: 0x00050026,
  /** EAFNOSUPPORT. */
  noFamily: 0x00050061,
} as const;

/** Offsets in `struct seccomp_data`. The low half of an argument is first: both architectures are little-endian. */
const offsets = { call: 0, architecture: 4, argument0: 16, argument1: 24 } as const;

const architectures = {
  x64: { audit: 0xc000003e, allowed: allowedX64, judged: judgedX64 },
  arm64: { audit: 0xc00000b7, allowed: allowedArm64, judged: judgedArm64 },
} as const;

/** `CLONE_NEW*`: a new namespace would give capabilities inside it. */
const newNamespaces = 0x7e020080;
/** AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, by which programs list their interfaces. */
const families = [1, 2, 10, 16] as const;
/** TIOCSTI and TIOCLINUX: write into the input of a terminal. */
const terminalInput = [0x5412, 0x541c] as const;
const x32Bit = 0x40000000;

export type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

const answer = (verdict: number): Instruction => [give, 0, 0, verdict];

/** The filter's instructions. */
export function filterFor(architecture: Architecture): readonly Instruction[] {
  const { audit, allowed, judged } = architectures[architecture];
  const program = [
    [load, 0, 0, offsets.architecture],
    [jumpEqual, 1, 0, audit],
    answer(verdicts.kill),
    [load, 0, 0, offsets.call],
    [jumpGreaterOrEqual, 0, 1, x32Bit],
    answer(verdicts.kill),
    ...judgements(judged),
    ...Object.values(allowed).flatMap((call): Instruction[] => [[jumpEqual, 0, 1, call], answer(verdicts.allow)]),
    answer(verdicts.deny),
  ] satisfies Instruction[];
  return program;
}

/** Calls that are allowed with some arguments only. Each block is skipped for other calls. */
function judgements(calls: JudgedCalls): Instruction[] {
  return [
    ...block(calls.clone3, [answer(verdicts.absent)]),
    ...block(calls.clone, [
      [load, 0, 0, offsets.argument0],
      [jumpAnySet, 0, 1, newNamespaces],
      answer(verdicts.deny),
      answer(verdicts.allow),
    ]),
    ...block(calls.socket, oneOf(offsets.argument0, families, verdicts.allow, verdicts.noFamily)),
    ...block(calls.socketpair, oneOf(offsets.argument0, [1], verdicts.allow, verdicts.noFamily)),
    ...block(calls.ioctl, oneOf(offsets.argument1, terminalInput, verdicts.deny, verdicts.allow)),
  ];
}

function block(call: number, body: readonly Instruction[]): Instruction[] {
  return [[jumpEqual, 0, body.length, call], ...body];
}

function oneOf(offset: number, values: readonly number[], hit: number, otherwise: number): Instruction[] {
  return [
    [load, 0, 0, offset],
    ...values.flatMap((value): Instruction[] => [[jumpEqual, 0, 1, value], answer(hit)]),
    answer(otherwise),
  ];
}

/** As the kernel reads it: `struct sock_filter[]`. */
export function encodeFilter(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [i, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(whenTrue, i * 8 + 2);
    bytes.writeUInt8(whenFalse, i * 8 + 3);
    bytes.writeUInt32LE(operand, i * 8 + 4);
  }
  return bytes;
}
