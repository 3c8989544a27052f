/** A role that can be made to hang: `SIGVTALRM` starts an endless loop. */
import { serveRole } from '../../src/up/child.ts';

process.on('SIGVTALRM', () => {
  for (;;);
});
await serveRole(async () => ({ urls: { pid: String(process.pid) }, stop: async () => undefined }));
// The channel to the supervisor would keep the process alive.
process.exit(0);
