/** Programs of one system call, as ELF files: what a tenant can compile and deploy, without a compiler on this machine. */

export interface SystemCall {
  /** Numbers for x86-64 and for arm64. */
  readonly numbers: readonly [x64: number, arm64: number];
  readonly arguments: readonly number[];
}

const base = 0x400000;
const headerBytes = 64 + 56;

/** The program makes the call and exits with the error number, or with 0. */
export function programOf({ numbers, arguments: args }: SystemCall): Buffer {
  const [x64, arm64] = numbers;
  return process.arch === 'arm64' ? elf(183, codeForArm64(arm64, args)) : elf(62, codeForX64(x64, args));
}

/** A call by the 32-bit door of x86-64, which a filter that looks at numbers alone would take for another call. */
export const programOf32Bit = (): Buffer =>
  elf(62, Buffer.from([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]));

function codeForX64(number: number, args: readonly number[]): Buffer {
  // mov edi / esi / edx / r10d / r8d
  const registers = [[0xbf], [0xbe], [0xba], [0x41, 0xba], [0x41, 0xb8]] as const;
  const load = args.flatMap((value, i) => [...(registers[i] ?? []), ...word(value)]);
  const call = [0xb8, ...word(number), 0x0f, 0x05];
  // neg eax; test eax, eax; jns +2; xor eax, eax; mov edi, eax; mov eax, exit; syscall
  const exit = [0xf7, 0xd8, 0x85, 0xc0, 0x79, 0x02, 0x31, 0xc0, 0x89, 0xc7, 0xb8, ...word(60), 0x0f, 0x05];
  return Buffer.from([...load, ...call, ...exit]);
}

function codeForArm64(number: number, args: readonly number[]): Buffer {
  const load = args.flatMap((value, register) => moveArm64(register, value));
  const supervise = 0xd4000001;
  // neg w0, w0; cmp w0, #0; csel w0, w0, wzr, ge
  const exit = [0x4b0003e0, 0x7100001f, 0x1a9fa000, ...moveArm64(8, 93), supervise];
  return Buffer.from([...load, ...moveArm64(8, number), supervise, ...exit].flatMap(word));
}

/** movz and movk of the two halves. */
const moveArm64 = (register: number, value: number): number[] => [
  (0xd2800000 | ((value & 0xffff) << 5) | register) >>> 0,
  (0xf2a00000 | (((value >>> 16) & 0xffff) << 5) | register) >>> 0,
];

function word(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return [...bytes];
}

/** An executable of one segment (elf(5)). */
function elf(machine: number, code: Buffer): Buffer {
  const head = Buffer.alloc(headerBytes);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(head);
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(machine, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(base + headerBytes), 24);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt32LE(1, 64);
  head.writeUInt32LE(5, 68);
  head.writeBigUInt64LE(BigInt(base), 80);
  head.writeBigUInt64LE(BigInt(base), 88);
  head.writeBigUInt64LE(BigInt(headerBytes + code.byteLength), 96);
  head.writeBigUInt64LE(BigInt(headerBytes + code.byteLength), 104);
  head.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([head, code]);
}
