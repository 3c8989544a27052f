import { bind } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { bindMember, releaseMembers } from './members/bind.ts';
import { bindings } from './operations.ts';

export function serve(
  ground: ServeGround,
  _own: unknown,
  needs: Pick<Offers, 'inviteMember' | 'showProvider'>,
): Served<'bindMember' | 'releaseMembers'> {
  return { operations: bind({ ...ground, ...needs }, bindings), offers: { bindMember, releaseMembers } };
}
