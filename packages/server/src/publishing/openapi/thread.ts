/** The thread of one document (`reader.ts`). Sends texts and small values only: a large value would be copied. */
import { parentPort, workerData } from 'node:worker_threads';
import { yieldToOthers } from '../../kernel/priority.ts';
import { readHere } from './reading.ts';

yieldToOthers();
parentPort?.postMessage(readHere(String(workerData)));
