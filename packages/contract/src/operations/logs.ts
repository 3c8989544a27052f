import { z } from 'zod';
import { environment } from '../kinds/environment.ts';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { serviceParams } from './services.ts';
import { idOrSlug, timestamp } from './shared.ts';

export const logLine = z.object({
  at: timestamp,
  environment,
  revision: z.string(),
  instance: z.string(),
  stream: z.enum(['stdout', 'stderr', 'host']).describe('`host`: the host says so, not the code of the service'),
  text: z.string(),
});

export const logs = {
  list: operation({
    id: 'logs.list',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/logs',
    summary: 'List the last lines that a service has written, the oldest first',
    access: 'developer',
    params: serviceParams,
    query: z.object({
      environment: environment.optional(),
      revision: idOrSlug.optional().describe('ID of a revision'),
      instance: idOrSlug.optional().describe('ID of an instance'),
      after: z.string().max(500).optional().describe('`after` of an earlier answer: only lines since then'),
      limit: z.coerce.number().int().min(1).max(limits.logLinesPerAnswerMax).default(100),
    }),
    body: undefined,
    output: z.object({
      items: z.array(logLine),
      after: z.string().describe('Value of `after` for the lines that come later'),
    }),
    status: 200,
  }),
};
