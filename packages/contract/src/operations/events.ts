import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { id, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

/** What a tenant is told of, and what `data` then holds: the object as its own reader sees it afterwards. */
export const eventTypes = {
  'installation.created': 'A tenant has installed an app of this tenant',
  'installation.changed': 'A tenant has granted the app other scopes',
  'installation.paused': 'A tenant has paused the app',
  'installation.resumed': 'A tenant lets the paused app go on',
  'installation.revoked': 'A tenant has revoked the app',
  'app.blocked': 'The operator has stopped the app everywhere',
  'app.unblocked': 'The operator has taken back the block',
  'client.rotated': 'A client has another secret',
  'client.deleted': 'A client is gone, and its tokens with it',
  'key.rotated': 'A key is replaced by another one',
  'key.deleted': 'A key is gone',
  'approval.created': 'A member asks an admin to allow them something in an app',
  'approval.approved': 'An admin has allowed it',
  'approval.rejected': 'An admin has not allowed it',
} as const;
export type EventType = keyof typeof eventTypes;

const eventType = z.enum(Object.keys(eventTypes) as [EventType, ...EventType[]]);

export const event = z.object({
  id: id('event'),
  type: eventType,
  at: timestamp,
  target: z.string().describe('Id of the object that it is about'),
  data: z.unknown().describe('The object after it, as its own `get` shows it'),
});

export const events = {
  list: operation({
    id: 'events.list',
    method: 'GET',
    path: '/tenants/{tenant}/events',
    summary: `List what has happened that a tenant is told of, newest first; kept for ${limits.eventDays} days`,
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({
      type: eventType.optional(),
      target: z.string().max(200).optional(),
      from: timestamp.optional(),
      to: timestamp.optional(),
    }),
    body: undefined,
    output: page(event),
    status: 200,
  }),
  get: operation({
    id: 'events.get',
    method: 'GET',
    path: '/tenants/{tenant}/events/{event}',
    summary: 'Read an event',
    access: 'viewer',
    params: tenantParams.extend({ event: z.string().max(100) }),
    query: none,
    body: undefined,
    output: event,
    status: 200,
  }),
};
