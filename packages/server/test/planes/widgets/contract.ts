import { operation } from '@tulou/contract';
import { id, none, tenantParams } from '@tulou/contract/operations/shared';
import { z } from 'zod';

const widget = z.object({ id: id('app'), note: z.string() });

export const widgets = {
  create: operation({
    id: 'widgets.create',
    method: 'POST',
    path: '/tenants/{tenant}/widgets',
    summary: 'Create a widget',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({ note: z.string().max(100) }),
    output: widget,
    status: 201,
  }),
  get: operation({
    id: 'widgets.get',
    method: 'GET',
    path: '/tenants/{tenant}/widgets/{widget}',
    summary: 'Read a widget',
    access: 'viewer',
    params: tenantParams.extend({ widget: z.string() }),
    query: none,
    body: undefined,
    output: widget,
    status: 200,
  }),
};

export type Widget = z.output<typeof widget>;
