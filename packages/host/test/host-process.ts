/** A host in a process of its own, so that a test can kill it: folder, address of control, path of the ingress. */
import { openHost } from '../src/index.ts';
import { token } from './control.ts';
import { clock, random } from './machine.ts';

const [dir = '', url = '', path = ''] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined };
const host = await openHost({ dir, control: { url, token }, ingress: { path } }, { clock, random, log });
process.stdout.write('ready\n');
process.once('SIGTERM', () => void host.stop());
