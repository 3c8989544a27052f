import { z } from 'zod';
import { instanceState, isolationLevel } from '../hosting.ts';
import { environment } from '../kinds/environment.ts';
import { operation } from '../operation.ts';
import { serviceParams } from './services.ts';
import { id, listQuery, page, timestamp } from './shared.ts';

export const instance = z.object({
  id: id('instance'),
  service: z.string().describe('Slug of the service'),
  environment,
  revision: z.string(),
  host: z.string(),
  state: instanceState,
  detail: z.string().nullable().describe('Why it failed or stopped'),
  isolation: isolationLevel,
  restarts: z.int(),
  started_at: timestamp,
  seen_at: timestamp,
});

export const instances = {
  list: operation({
    id: 'instances.list',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/instances',
    summary: 'List the instances of a service, as the hosts last reported them',
    access: 'viewer',
    params: serviceParams,
    query: listQuery,
    body: undefined,
    output: page(instance),
    status: 200,
  }),
};
