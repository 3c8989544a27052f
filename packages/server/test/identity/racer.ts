/** One of the processes of a race. For each line it sends the request that the line describes, many times concurrently. */
import { createInterface } from 'node:readline';

interface Order {
  readonly url: string;
  readonly times: number;
  readonly headers: Record<string, string>;
  /** Absent: a GET. */
  readonly body?: string;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { url, times, headers, body } = JSON.parse(line) as Order;
  const init: RequestInit = { redirect: 'manual', headers, ...(body === undefined ? {} : { method: 'POST', body }) };
  const answers = await Promise.all(Array.from({ length: times }, () => fetch(url, init)));
  const said = await Promise.all(
    answers.map(async (answer) => ({
      status: answer.status,
      location: answer.headers.get('location'),
      text: await answer.text(),
    })),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
