/** What control tells of its own work: calls and the time they took, by operation and class of status. */
import { errors } from '@tulou/contract';
import type { Metrics } from '../http/metrics.ts';
import { problemOf } from '../http/problem.ts';
import type { RouteHandler } from '../http/routes.ts';
import type { Clock } from '../kernel/clock.ts';

/** Wraps the handler of a route; `name` is the operation's id or the path of a plain route, never what a caller sent. */
export type Measure = (name: string, handler: RouteHandler) => RouteHandler;

export function measureCalls(metrics: Metrics, clock: Clock): Measure {
  const labels = ['operation', 'status'];
  const calls = metrics.counter('tulou_control_requests_total', 'Calls answered', labels);
  const time = metrics.counter('tulou_control_request_seconds_total', 'Time until the head of the answer', labels);
  return (name, handler) => async (request, params) => {
    const begun = clock.monotonic();
    const count = (status: number): void => {
      const values = [name, `${Math.floor(status / 100)}xx`];
      calls.add(values);
      time.add(values, (clock.monotonic() - begun) / 1000);
    };
    try {
      const answer = await handler(request, params);
      count(answer.status);
      return answer;
    } catch (error) {
      count(errors[problemOf(error).code].status);
      throw error;
    }
  };
}
