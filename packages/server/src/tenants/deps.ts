import type { Deps } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';

export type TenantsDeps = Deps & Pick<Offers, 'inviteMember' | 'showProvider'>;
