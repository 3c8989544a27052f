/** Measures calls of the platform listener, by operation and class of status. */
import { errors } from '@tulou/contract';
import type { HttpAnswer } from '../http/message.ts';
import { problemOf } from '../http/problem.ts';
import type { RouteHandler } from '../http/routes.ts';
import type { Clock } from '../kernel/clock.ts';
import { counter, histogram, type Measured } from '../kernel/metrics.ts';

export const callMetrics = {
  calls: counter('tulou_control_requests_total', 'Calls answered.', ['operation', 'status']),
  seconds: histogram('tulou_control_request_seconds', 'Time until the head of the answer.', ['operation']),
} as const;

/** Wraps the handler of a route; `name` is the operation's id or the path of a plain route, never a caller's text. */
export type Measure = (name: string, handler: RouteHandler) => RouteHandler;

export function measureCalls({ calls, seconds }: Measured<typeof callMetrics>, clock: Clock): Measure {
  return (name, handler) => async (request, params) => {
    const begun = clock.monotonic();
    const count = (status: number): void => {
      calls.add([name, `${Math.floor(status / 100)}xx`]);
      seconds.observe([name], (clock.monotonic() - begun) / 1000);
    };
    try {
      const answer: HttpAnswer = await handler(request, params);
      count(answer.status);
      return answer;
    } catch (error) {
      count(errors[problemOf(error).code].status);
      throw error;
    }
  };
}
