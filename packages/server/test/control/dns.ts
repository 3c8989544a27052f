/** A DNS server (RFC 1035) on loopback that knows TXT records, and answers that every other name does not exist. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface TestDns {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly records: Map<string, string>;
  close(): Promise<void>;
}

export async function startDns(): Promise<TestDns> {
  const records = new Map<string, string>();
  const socket = createSocket('udp4', (query, from) => socket.send(answerTo(query, records), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    close: () => new Promise((done) => void socket.close(() => done())),
  };
}

const headBytes = 12;

function answerTo(query: Buffer, records: ReadonlyMap<string, string>): Buffer {
  const labels: string[] = [];
  let at = headBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(headBytes, at + 5);
  const text = records.get(labels.join('.').toLowerCase());
  const head = Buffer.alloc(headBytes);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(text === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  if (text === undefined) return Buffer.concat([head, question]);
  head.writeUInt16BE(1, 6);
  const data = Buffer.from(text);
  const answer = Buffer.from([0xc0, headBytes, 0, 16, 0, 1, 0, 0, 0, 1, 0, data.length + 1, data.length]);
  return Buffer.concat([head, question, answer, data]);
}
