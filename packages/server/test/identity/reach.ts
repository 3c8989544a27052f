/** A `fetch` for clients whose issuers have names that no name server knows: they are reached on this machine. */
import { sendBare } from './bare.ts';

export interface Init {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** A form: nothing else is sent. */
  readonly body?: unknown;
}

export async function reach(url: string | URL, init: Init = {}): Promise<Response> {
  const { origin, pathname, search } = new URL(url);
  const headers = Object.fromEntries(new Headers(init.headers));
  const body = isForm(init.body) ? init.body.toString() : undefined;
  const answer = await sendBare(origin, pathname + search, headers, body);
  return new Response(answer.text === '' ? null : answer.text, { status: answer.status, headers: answer.headers });
}

const isForm = (body: unknown): body is string | URLSearchParams =>
  typeof body === 'string' || body instanceof URLSearchParams;
