import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, listQuery, none, page, timestamp } from './shared.ts';

export const person = z.object({
  id: id('user').describe('The `sub` claim of their tokens'),
  email: z.string(),
  name: z.string(),
  verified: z.boolean().describe('Whether the email address is verified'),
  state: z.enum(['active', 'disabled']),
  tenant: id('tenant')
    .nullable()
    .describe('Tenant whose identity provider they sign in with; null: with their own password or passkey'),
  created_at: timestamp,
  updated_at: timestamp,
});

const personParams = z.object({ person: z.string().max(100) });

export const people = {
  list: operation({
    id: 'people.list',
    method: 'GET',
    path: '/people',
    summary: 'List people of the platform. `search` matches the beginning of an email address',
    access: 'operator',
    params: none,
    query: listQuery.extend({ search: z.string().max(254).optional() }),
    body: undefined,
    output: page(person),
    status: 200,
  }),
  get: operation({
    id: 'people.get',
    method: 'GET',
    path: '/people/{person}',
    summary: 'Read a person',
    access: 'operator',
    params: personParams,
    query: none,
    body: undefined,
    output: person,
    status: 200,
  }),
  disable: operation({
    id: 'people.disable',
    method: 'POST',
    path: '/people/{person}/disable',
    summary: 'Disable a person: sign them out everywhere and reject their tokens',
    access: 'operator',
    params: personParams,
    query: none,
    body: undefined,
    output: person,
    status: 200,
    errors: ['state_conflict'],
  }),
  enable: operation({
    id: 'people.enable',
    method: 'POST',
    path: '/people/{person}/enable',
    summary: 'Enable a disabled person',
    access: 'operator',
    params: personParams,
    query: none,
    body: undefined,
    output: person,
    status: 200,
    errors: ['state_conflict'],
  }),
  recover: operation({
    id: 'people.recover',
    method: 'POST',
    path: '/people/{person}/recover',
    summary: 'Remove all second factors of a person who lost them, and sign them out everywhere',
    access: 'operator',
    params: personParams,
    query: none,
    body: undefined,
    output: person,
    status: 200,
  }),
};
