/** The first line of an answer that has something to say before its table. */
import type { Operation } from '@tulou/contract';
import { say, type Text } from '../language/say.ts';
import type { Row } from './table.ts';
import { printable } from './text.ts';

interface Usage {
  readonly from: string;
  readonly to: string;
  readonly side: 'provider' | 'developer' | 'both';
  readonly total: { readonly requests: number; readonly refused: number };
  readonly refusals: readonly { readonly code: string; readonly requests: number }[];
}

/** Undefined: the table speaks for itself. `told` are the fields that the line has said. */
export function headlineOf(
  operation: Operation,
  value: Row,
): { readonly text: Text; readonly told: readonly string[] } | undefined {
  if (operation.id !== 'usage.get') return undefined;
  return { text: usageLine(value as unknown as Usage), told: ['from', 'to', 'side', 'refusals'] };
}

/** Totals, refused calls apart with their reasons, the period, and which side it is. */
function usageLine({ from, to, side, total, refusals }: Usage): Text {
  const period = `${minuteOf(from)} – ${minuteOf(to)} UTC`;
  const reasons = refusals.map(({ code, requests }) => `${requests} ${printable(code)}`).join(', ');
  const answered = total.requests - total.refused;
  const refused = reasons === '' ? String(total.refused) : `${total.refused} (${reasons})`;
  const { requests } = total;
  if (side === 'provider')
    return say`Calls to the tenant’s APIs, ${period}: ${requests} in total, ${answered} answered by the service, ${refused} refused by the gateway.`;
  if (side === 'developer')
    return say`Calls of the tenant’s apps, ${period}: ${requests} in total, ${answered} answered by the service, ${refused} refused by the gateway.`;
  return say`Calls to the tenant’s APIs and of its apps, ${period}: ${requests} in total, ${answered} answered by the service, ${refused} refused by the gateway.`;
}

const minuteOf = (time: string): string => time.slice(0, 16).replace('T', ' ');
