/** An answer that is a stream goes to a file: whole, or not at all. */
import { resolve } from 'node:path';
import { flagOf, isOn, type Arguments } from '../command.ts';
import type { Call, Client } from '../client.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { refuseExisting } from '../terminal/confirm.ts';
import { printText } from '../terminal/print.ts';

const streamTimeoutMs = 60 * 60 * 1000;
const ownerOnly = 0o600;
const megabyte = 1_000_000;

/** Writes the answer to `--output`, with progress on a terminal. */
export async function saveStream(client: Client, call: Call, args: Arguments, io: Io): Promise<ExitName> {
  const output = flagOf(args, 'output');
  if (output === undefined) throw usageFailure('Missing option: --output FILE (-o), the file to write.');
  const path = resolve(io.cwd, output);
  if (!isOn(args, 'yes')) await refuseExisting([path], io);
  const response = await client.open({ ...call, timeoutMs: streamTimeoutMs });
  const partial = `${path}.partial`;
  try {
    const bytes = await copy(response, partial, io);
    await io.files.rename(partial, path);
    if (isOn(args, 'json')) io.stdout.write(`${JSON.stringify({ output: path, bytes })}\n`);
    else printText(say`Wrote ${output}, ${sizeText(bytes)}.`, io.stderr, io);
    return 'ok';
  } catch (error) {
    await io.files.rm(partial, { force: true });
    throw new Failure('The export was interrupted. Nothing was written.', {
      exit: 'failed',
      detail: messageOf(error),
      help: 'Run it again.',
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function copy(response: Response, path: string, io: Io): Promise<number> {
  await using file = await io.files.open(path, 'w', ownerOnly);
  let bytes = 0;
  let shown = -1;
  for await (const chunk of contentOf(response)) {
    await file.write(chunk);
    bytes += chunk.length;
    if (io.stderr.isTty && Math.floor(bytes / megabyte) > shown) {
      shown = Math.floor(bytes / megabyte);
      io.stderr.write(`\r${sizeText(bytes)} `);
    }
  }
  if (io.stderr.isTty) io.stderr.write('\r');
  return bytes;
}

const contentOf = (response: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] => response.body ?? [];

/** Decimal units, as disks and networks are sold. */
export const sizeText = (bytes: number): string =>
  bytes < megabyte ? `${bytes} bytes` : `${(bytes / megabyte).toFixed(1)} MB`;
