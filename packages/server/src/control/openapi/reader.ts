/**
 * Reads OpenAPI documents beside the event loop: a large one takes seconds, and other tenants' calls must not wait for it.
 * Small ones are read at once; each large one in a thread of its own, which is bounded in time and memory.
 */
import { Worker } from 'node:worker_threads';
import { Problem } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import { readOpenapi, type OpenapiResult } from './read.ts';

export interface OpenapiReader {
  /** As `readOpenapi`. Throws `unavailable` where too many large documents wait already. */
  read(text: string): Promise<OpenapiResult>;
}

const bounds = {
  /** Some 20 ms of YAML. */
  smallCharacters: 24 * 1024,
  threadsMax: 2,
  waitingMax: 16,
  readMs: 60_000,
  memoryMegabytes: 1536,
} as const;

export function openReader(clock: Clock): OpenapiReader {
  let running = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (running >= bounds.threadsMax) {
      if (waiting.length >= bounds.waitingMax)
        throw new Problem('unavailable', { detail: 'too many large documents at once' });
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
    running += 1;
  };
  return {
    async read(text) {
      if (text.length <= bounds.smallCharacters) return readOpenapi(text);
      await enter();
      try {
        return await readInThread(text, clock);
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    },
  };
}

async function readInThread(text: string, clock: Clock): Promise<OpenapiResult> {
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: bounds.memoryMegabytes },
  });
  const late = clock.after(bounds.readMs, () => void thread.terminate());
  try {
    return await new Promise((resolve) => {
      thread.once('message', resolve);
      // Out of memory, or ended because it was late: the document is at fault, as far as anyone can tell.
      thread.once('error', () => resolve(tooMuch));
      thread.once('exit', () => resolve(tooMuch));
    });
  } finally {
    late.cancel();
    await thread.terminate();
  }
}

const tooMuch: OpenapiResult = {
  ok: false,
  violations: [
    {
      pointer: '',
      message:
        `The document cannot be read within ${bounds.readMs / 1000} seconds and ${bounds.memoryMegabytes} MiB ` +
        `of memory. Send it as JSON, which is read faster, or split the API.`,
      line: 1,
      column: 1,
    },
  ],
};
