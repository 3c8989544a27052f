/** A gateway in a process of its own, so that it can be killed. Arguments: control's URL, data folder, port. */
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { optionsFor, silent } from './stand-in.ts';

const [controlUrl = '', dataDir = '', port = '0'] = process.argv.slice(2);
const role = await startGateway(
  optionsFor(controlUrl, dataDir, { listen: { host: '127.0.0.1', port: Number(port) } }),
  { clock: systemClock, random: systemRandom, log: silent },
);
process.stdout.write(`${JSON.stringify(role.urls)}\n`);
