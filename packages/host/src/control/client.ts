/** The three routes of control that a host uses. */
import {
  artifactsPath,
  desiredPath,
  desiredState,
  hostingLimits,
  reportAnswer,
  reportPath,
  type DesiredState,
  type HostReport,
} from '@tulou/contract/hosting';

export interface ControlOptions {
  readonly url: string;
  readonly token: string;
}

export interface ControlClient {
  /** The desired state after `after`, when it changes, or after a wait. */
  desired(after: string | undefined, signal: AbortSignal): Promise<DesiredState>;
  artifact(digest: string): Promise<AsyncIterable<Uint8Array>>;
  /** The number of the last report that control has taken. */
  report(body: HostReport): Promise<number>;
}

const answerMsMax = 30_000;
const artifactMsMax = 300_000;

export function openControlClient({ url, token }: ControlOptions, closed: AbortSignal): ControlClient {
  const ask = async (path: string, timeoutMs: number, options: RequestInit = {}): Promise<Response> => {
    const signals = [closed, AbortSignal.timeout(timeoutMs), ...(options.signal == null ? [] : [options.signal])];
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, url), { ...options, headers, signal: AbortSignal.any(signals) });
    if (answer.status === 200) return answer;
    await answer.body?.cancel();
    throw new Error(`control answered ${answer.status} to ${options.method ?? 'GET'} ${path}`);
  };
  return {
    async desired(after, signal) {
      const query = new URLSearchParams({ wait_ms: String(hostingLimits.desiredWaitMsMax) });
      if (after !== undefined) query.set('after', after);
      const timeoutMs = hostingLimits.desiredWaitMsMax + answerMsMax;
      return desiredState.parse(await (await ask(`${desiredPath}?${query.toString()}`, timeoutMs, { signal })).json());
    },
    async artifact(digest) {
      const { body } = await ask(`${artifactsPath}/${digest}`, artifactMsMax);
      if (body === null) throw new Error('control answered without the artifact');
      return body;
    },
    async report(body) {
      const options = { method: 'POST', body: JSON.stringify(body) };
      return reportAnswer.parse(await (await ask(reportPath, answerMsMax, options)).json()).seq;
    },
  };
}
