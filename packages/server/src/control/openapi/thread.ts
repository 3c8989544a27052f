/** The thread of one large document (`reader.ts`). */
import { parentPort, workerData } from 'node:worker_threads';
import { readOpenapi } from './read.ts';

parentPort?.postMessage(readOpenapi(String(workerData)));
