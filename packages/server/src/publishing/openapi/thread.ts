/** The thread that reads one document (`reader.ts`). It sends only texts and small values: a large value would be copied. */
import { parentPort, workerData } from 'node:worker_threads';
import { yieldToOthers } from '../../kernel/priority.ts';
import { readHere } from './reading.ts';

yieldToOthers();
parentPort?.postMessage(readHere(String(workerData)));
