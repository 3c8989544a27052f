/** A minimal mail server (RFC 5321) over a real socket. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** Head and body, lines ended by CRLF. */
  readonly data: string;
}

export interface SmtpServer {
  readonly url: string;
  readonly received: readonly Received[];
  /** Its answer to `RCPT TO` from now on. */
  answerRecipients(line: string): void;
  /** Sends this answer to the next one only. Settles when it has. */
  answerNext(line: string): Promise<void>;
  /** Settles when this number of mails has arrived. */
  waitFor(count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export async function startSmtp(): Promise<SmtpServer> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  let recipientAnswer = '250 ok';
  let next: { readonly line: string; readonly said: () => void } | undefined;
  const answer = (): string => {
    const { line = recipientAnswer, said } = next ?? {};
    next = undefined;
    said?.();
    return line;
  };
  const take = (mail: Received): void => {
    received.push(mail);
    for (const wake of waiting) wake();
  };
  const server = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)).on('error', () => undefined));
    converse(socket, answer, take);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    answerRecipients: (line) => void (recipientAnswer = line),
    answerNext: (line) => new Promise((said) => (next = { line, said })),
    waitFor: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve(received);
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function converse(socket: Socket, answerOf: () => string, take: (mail: Received) => void): void {
  let [text, from, to, inData] = ['', '', [] as string[], false];
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const command = (line: string): void => {
    if (/^(EHLO|HELO)/i.test(line)) return say('250 test');
    if (/^MAIL FROM:/i.test(line)) return ((from = between(line)), (to = []), say('250 ok'));
    if (/^RCPT TO:/i.test(line)) return (to.push(between(line)), say(answerOf()));
    if (/^DATA/i.test(line)) return ((inData = true), say('354 go on'));
    if (/^QUIT/i.test(line)) return (say('221 bye'), void socket.end());
    return say('250 ok');
  };
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = inData ? text.indexOf('\r\n.\r\n') : text.indexOf('\r\n');
      if (end === -1) return;
      const part = text.slice(0, end);
      text = text.slice(end + (inData ? 5 : 2));
      if (!inData) command(part);
      else {
        inData = false;
        take({ from, to, data: part.replaceAll('\r\n..', '\r\n.') });
        say('250 taken');
      }
    }
  });
  say('220 test');
}

const between = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? '';
