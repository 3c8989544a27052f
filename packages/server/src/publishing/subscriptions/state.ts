/** The states of a subscription, and who moves it from which to which. */
import { Problem } from '@tulou/contract';

export type SubscriptionState = 'pending' | 'active' | 'rejected' | 'suspended' | 'ended';

interface Move {
  readonly from: readonly SubscriptionState[];
  readonly to: SubscriptionState;
}

/** `end` is the only one that the developer has too. */
const moves = {
  approve: { from: ['pending'], to: 'active' },
  reject: { from: ['pending'], to: 'rejected' },
  suspend: { from: ['active'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'active' },
  end: { from: ['pending', 'active', 'suspended', 'rejected', 'ended'], to: 'ended' },
} as const satisfies Record<string, Move>;

export type MoveName = keyof typeof moves;

/** Where a move leads. Throws `state_conflict` where the state does not allow it. */
export function stateAfter(move: MoveName, from: SubscriptionState): SubscriptionState {
  const { from: allowed, to }: Move = moves[move];
  if (allowed.includes(from)) return to;
  throw new Problem('state_conflict', {
    detail: `The subscription is \`${from}\`; this needs one that is \`${allowed.join('` or `')}\`.`,
  });
}

/** A new subscription, or one that moves to another plan. A plan with manual approval never lets in without it. */
export function stateOnPlan(approval: 'auto' | 'manual', from: 'new' | SubscriptionState): SubscriptionState {
  if (from === 'rejected' || from === 'ended') {
    throw new Problem('state_conflict', { detail: `The subscription is \`${from}\`; subscribe again.` });
  }
  if (from === 'suspended') return 'suspended';
  return approval === 'auto' ? 'active' : 'pending';
}
