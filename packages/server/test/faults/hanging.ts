/** A role that can be made to hang: `SIGVTALRM` lets it run in a circle. */
import { serveRole } from '../../src/up/child.ts';

process.on('SIGVTALRM', () => {
  for (;;);
});
await serveRole(async () => ({ urls: { pid: String(process.pid) }, stop: async () => undefined }));
// The channel to the supervisor would keep it.
process.exit(0);
