import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { id, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

/** The types of events. `data` is the object after the event, in the view of the tenant. */
export const eventTypes = {
  'installation.created': 'A tenant has installed an app of this tenant',
  'installation.changed': 'A tenant has granted the app other scopes',
  'installation.paused': 'A tenant has paused the app',
  'installation.resumed': 'A tenant has resumed the app',
  'installation.revoked': 'A tenant has revoked the app',
  'app.blocked': 'The operator has blocked the app',
  'app.unblocked': 'The operator has unblocked the app',
  'client.rotated': 'A client has a new secret',
  'client.deleted': 'A client and its tokens are deleted',
  'key.rotated': 'A key is replaced by a new one',
  'key.deleted': 'A key is deleted',
  'approval.created': 'A member has requested an approval for an app',
  'approval.approved': 'An admin has approved the request',
  'approval.rejected': 'An admin has rejected the request',
} as const;
export type EventType = keyof typeof eventTypes;

const eventType = z.enum(Object.keys(eventTypes) as [EventType, ...EventType[]]);

export const event = z.object({
  id: id('event'),
  type: eventType,
  at: timestamp,
  target: z.string().describe('ID of the object of the event'),
  data: z.unknown().describe('The object after the event, in the form of its `get`'),
});

export const events = {
  list: operation({
    id: 'events.list',
    method: 'GET',
    path: '/tenants/{tenant}/events',
    summary: `List the events of a tenant, newest first. Retention: ${limits.eventDays} days`,
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
