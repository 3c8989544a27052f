/** Rows of the audit trail. */
import type { Id, Output } from '@tulou/contract';
import type { audit } from '@tulou/contract/operations/audit';

export interface AuditRow {
  readonly id: Id<'audit'>;
  readonly seq: number;
  readonly at: Date;
  readonly actor: string;
  readonly operation: string;
  readonly target: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly reason: string | null;
  readonly address: string;
  readonly request_id: string;
  readonly hash: string;
}

export function viewEntry(row: AuditRow): Output<typeof audit.get> {
  const { at, before, after, ...rest } = row;
  return { ...rest, at: at.toISOString(), before: imageIn(before), after: imageIn(after) };
}

const imageIn = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
