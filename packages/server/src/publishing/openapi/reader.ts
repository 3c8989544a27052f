/**
 * Reads OpenAPI documents outside the event loop: a large or unusual document takes seconds, and calls of other tenants must
 * not wait for it. A short and simple document is read directly. Every other document is read in its own thread, with bounds
 * on time and memory.
 */
import { Worker } from 'node:worker_threads';
import { Problem } from '@tulou/contract';
import { isCheap } from '@tulou/openapi';
import type { Clock } from '../../kernel/clock.ts';
import { hasDescriptors } from '../../kernel/descriptors.ts';
import { readHere, type Reading } from './reading.ts';
import { Turns } from './turns.ts';

export interface OpenapiReader {
  /** Reads a document of a tenant. Throws `unavailable` if too many documents wait already. */
  read(text: string, tenant: string): Promise<Reading>;
}

/** Bounds of a thread. A document of 12 MiB stays well below the larger one. */
interface ThreadBounds {
  /** Processor time, not wall-clock time: a busy machine must not cause the rejection of a document. */
  readonly cpuMs: number;
  readonly memoryMegabytes: number;
}

const shortCharacters = 1024 * 1024;
const shortBounds: ThreadBounds = { cpuMs: 6_000, memoryMegabytes: 128 };
const longBounds: ThreadBounds = { cpuMs: 20_000, memoryMegabytes: 400 };
/** The bound for a thread that makes no progress. */
const wallMsMax = 300_000;
const lookEveryMs = 500;
const turnBounds = { places: 1, shortPlaces: 1, waitingPerTenantMax: 8, waitingMax: 64 } as const;

export function openReader(clock: Clock): OpenapiReader {
  const turns = new Turns(turnBounds);
  return {
    async read(text, tenant) {
      if (isCheap(text)) return readHere(text);
      const isShort = text.length <= shortCharacters;
      return turns.take(tenant, isShort, () => readInThread(text, clock, isShort ? shortBounds : longBounds));
    },
  };
}

async function readInThread(text: string, clock: Clock, bounds: ThreadBounds): Promise<Reading> {
  const thread = openThread(text, bounds);
  const late = clock.after(wallMsMax, () => void thread.terminate());
  const look = clock.every(lookEveryMs, () => endIfSpent(thread, bounds.cpuMs));
  try {
    return await new Promise((resolve, reject) => {
      thread.once('message', resolve);
      // The thread ran out of memory or time: the document is at fault, unless the thread could not open its files.
      const end = (): void => (hasDescriptors() ? resolve(tooMuch(bounds)) : reject(noThread()));
      thread.once('error', end);
      thread.once('exit', end);
    });
  } finally {
    late.cancel();
    look.cancel();
    await thread.terminate();
  }
}

function openThread(text: string, bounds: ThreadBounds): Worker {
  const options = {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: bounds.memoryMegabytes, maxYoungGenerationSizeMb: 32 },
  };
  try {
    return new Worker(new URL('./thread.ts', import.meta.url), options);
  } catch (error) {
    throw hasDescriptors() ? error : noThread();
  }
}

const noThread = (): Problem =>
  new Problem('unavailable', {
    detail: 'this process has no file descriptor left',
    cause: new Error('no descriptor for a thread'),
  });

async function endIfSpent(thread: Worker, cpuMsMax: number): Promise<void> {
  try {
    const { user, system } = await thread.cpuUsage();
    if ((user + system) / 1000 > cpuMsMax) await thread.terminate();
  } catch {
    // A thread that has not begun, or has just ended, reports no usage. The `exit` event handles both cases.
  }
}

function tooMuch({ cpuMs, memoryMegabytes }: ThreadBounds): Reading {
  const message =
    `The document cannot be read within ${cpuMs / 1000} seconds and ${memoryMegabytes} MiB of memory. ` +
    `Send it as JSON, which is read faster, or split the API.`;
  const item = { severity: 'error', pointer: '', message, line: 1, column: 1 } as const;
  return { ok: false, report: { errors: 1, warnings: 0, items: [item] } };
}
