import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, listQuery, none, page, timestamp } from './shared.ts';

export const operator = z.object({
  id: id('user').describe('ID of the person'),
  email: z.string(),
  name: z.string(),
  created_by: z.string(),
  created_at: timestamp,
});

const operatorParams = z.object({ operator: z.string().max(100) });

export const operators = {
  create: operation({
    id: 'operators.create',
    method: 'POST',
    path: '/operators',
    summary: 'Make a person an operator. Requires an account with a verified email address',
    access: 'operator',
    params: none,
    query: none,
    body: z.object({ email: z.email().max(254).toLowerCase() }),
    output: operator,
    status: 201,
    errors: ['conflict', 'not_found'],
  }),
  list: operation({
    id: 'operators.list',
    method: 'GET',
    path: '/operators',
    summary: 'List operators',
    access: 'operator',
    params: none,
    query: listQuery,
    body: undefined,
    output: page(operator),
    status: 200,
  }),
  get: operation({
    id: 'operators.get',
    method: 'GET',
    path: '/operators/{operator}',
    summary: 'Read an operator',
    access: 'operator',
    params: operatorParams,
    query: none,
    body: undefined,
    output: operator,
    status: 200,
  }),
  delete: operation({
    id: 'operators.delete',
    method: 'DELETE',
    path: '/operators/{operator}',
    summary: 'Remove an operator. The change takes effect with their next call',
    access: 'operator',
    params: operatorParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
