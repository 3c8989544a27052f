/** The states of a subscription, and the moves between them. */
import { Problem } from '@tulou/contract';

export type SubscriptionState = 'pending' | 'active' | 'rejected' | 'suspended' | 'ended';

interface Move {
  readonly from: readonly SubscriptionState[];
  readonly to: SubscriptionState;
}

/** The provider makes these moves. The developer may only `end` a subscription. */
const moves = {
  approve: { from: ['pending'], to: 'active' },
  reject: { from: ['pending'], to: 'rejected' },
  suspend: { from: ['active'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'active' },
  end: { from: ['pending', 'active', 'suspended', 'rejected', 'ended'], to: 'ended' },
} as const satisfies Record<string, Move>;

export type MoveName = keyof typeof moves;

/** Returns the state after a move. Throws `state_conflict` if the current state does not allow the move. */
export function stateAfter(move: MoveName, from: SubscriptionState): SubscriptionState {
  const { from: allowed, to }: Move = moves[move];
  if (allowed.includes(from)) return to;
  throw new Problem('state_conflict', {
    detail: `The subscription is \`${from}\`; this needs one that is \`${allowed.join('` or `')}\`.`,
  });
}

/** The state of a new subscription, or of one that moves to another plan. A plan with manual approval always requires it. */
export function stateOnPlan(approval: 'auto' | 'manual', from: 'new' | SubscriptionState): SubscriptionState {
  if (from === 'rejected' || from === 'ended') {
    throw new Problem('state_conflict', { detail: `The subscription is \`${from}\`; subscribe again.` });
  }
  if (from === 'suspended') return 'suspended';
  return approval === 'auto' ? 'active' : 'pending';
}
