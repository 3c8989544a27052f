/** Reads what gateways send: JSON, compressed or not, within a bound that also holds for what it inflates to. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Problem } from '@tulou/contract';
import type { HttpRequest } from '../http/message.ts';

const inflate = promisify(gunzip);

export async function readReport(request: HttpRequest, bytesMax: number): Promise<unknown> {
  const encoding = request.header('content-encoding') ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') throw new Problem('unsupported_media_type');
  const sent = await request.body(bytesMax);
  try {
    const bytes = encoding === 'gzip' ? await inflate(sent, { maxOutputLength: bytesMax }) : sent;
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw new Problem('content_too_large', { cause });
    throw new Problem('malformed_request', { cause });
  }
}
