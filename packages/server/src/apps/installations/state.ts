/** The states of an installation, and the scopes that it may grant. Pure. */
import { Problem, type Violation } from '@tulou/contract';
import { allOf, type Declared } from '../declared.ts';

export type InstallationState = 'active' | 'paused' | 'revoked';

interface Move {
  readonly from: readonly InstallationState[];
  readonly to: InstallationState;
}

const moves = {
  pause: { from: ['active'], to: 'paused' },
  resume: { from: ['paused'], to: 'active' },
  revoke: { from: ['active', 'paused', 'revoked'], to: 'revoked' },
} as const satisfies Record<string, Move>;

export type MoveName = keyof typeof moves;

/** Returns the state after a move. Throws `state_conflict` if the current state does not allow the move. */
export function stateAfter(move: MoveName, from: InstallationState): InstallationState {
  const { from: allowed, to }: Move = moves[move];
  if (allowed.includes(from)) return to;
  throw new Problem('state_conflict', {
    detail: `The installation is \`${from}\`; this needs one that is \`${allowed.join('` or `')}\`.`,
  });
}

/** Throws `state_conflict` for a revoked installation: the tenant has to install the app again. */
export function holdOpen(state: InstallationState): void {
  if (state === 'revoked') throw new Problem('state_conflict', { detail: 'The installation was revoked.' });
}

/** Throws `invalid_request` if the request names a scope that the app does not declare. */
export function holdWithin(app: Declared, asked: readonly string[]): void {
  const violations = beyond(app, asked);
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
}

function beyond(app: Declared, asked: readonly string[]): readonly Violation[] {
  const declared = allOf(app);
  return asked.flatMap((scope, index): Violation[] =>
    declared.includes(scope) ? [] : [{ pointer: `/scopes/${index}`, message: 'the app does not declare this scope' }],
  );
}

/**
 * The scopes to grant: all required scopes of the app, and the optional ones that the request names. By default only the
 * required ones. Throws `invalid_request`.
 */
export function granted(app: Declared, asked: readonly string[] | undefined): readonly string[] {
  const wanted = [...new Set(asked ?? app.scopes)];
  const missing = app.scopes
    .filter((scope) => !wanted.includes(scope))
    .map((scope): Violation => ({ pointer: '/scopes', message: `the app requires \`${scope}\`` }));
  const violations = [...beyond(app, asked ?? []), ...missing];
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
  return wanted;
}
