/** The requirements of a comparison with other gateways for the machine. */
import { machine, requireAll } from '../../measure/machine.ts';

/** Ends the process if a program is missing, with the command that installs it, or if there is only one core. */
export function requirePeers(): void {
  requireAll([
    { program: 'nginx', debian: 'nginx' },
    { program: 'haproxy', debian: 'haproxy' },
    { program: 'wrk', debian: 'wrk' },
    { program: 'taskset', debian: 'util-linux' },
    { file: '/usr/lib/nginx/modules/ngx_http_lua_module.so', debian: 'libnginx-mod-http-lua' },
    { file: '/usr/share/lua/5.1/resty/lrucache.lua', debian: 'lua-resty-lrucache' },
  ]);
  if (machine().cores >= 2) return;
  process.stderr.write('This needs two cores: one for the subject alone.\n');
  process.exit(1);
}
