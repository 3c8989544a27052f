/** The thread of one document (`reader.ts`). Sends texts and small values only: a large value would be copied. */
import { parentPort, workerData } from 'node:worker_threads';
import { readHere } from './reading.ts';

parentPort?.postMessage(readHere(String(workerData)));
