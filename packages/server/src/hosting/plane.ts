/** Services that tenants deploy: their artifacts, revisions and releases, the desired state of hosts, and their reports. */
import { z } from 'zod';
import { setting } from '../kernel/settings.ts';
import { plane } from '../operations/plane.ts';

export const settings = {
  artifacts: setting({
    variable: 'TULOU_ARTIFACTS',
    shape: z.string().min(1),
    expects: 'the path of a directory',
    example: '/var/lib/tulou/artifacts',
    doc: 'The folder with the artifacts of services. Several controls need the same one.',
    default: '`artifacts` in the data folder',
    roles: ['control'],
  }),
  data: setting({
    variable: 'TULOU_DATA',
    flag: 'data',
    shape: z.string().min(1),
    expects: 'the path of a directory',
    example: '.tulou',
    doc: 'The data folder, where no folder for artifacts is set.',
    default: '.tulou',
    roles: ['control'],
  }),
} as const;

export const hosting = plane({
  name: 'hosting',
  settings,
  tables: [
    'artifacts',
    'services',
    'revisions',
    'releases',
    'instances',
    'service_usage',
    'service_logs',
    'service_log_head',
    'hosting_hosts',
    'hosting_head',
  ],
  reads: ['tenants', 'versions', 'apis'],
  kinds: [],
  metrics: {},
  needs: [],
  gives: [],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
