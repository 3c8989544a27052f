/** THE TABLE of the plane's operations. */
import { events } from '@tulou/contract/operations/events';
import { on, type Binding } from '../operations/handler.ts';
import { getEvent, listEvents } from './get.ts';

// oxfmt-ignore
export const bindings: readonly Binding[] = [
  on(events.list, listEvents),
  on(events.get,  getEvent),
];
