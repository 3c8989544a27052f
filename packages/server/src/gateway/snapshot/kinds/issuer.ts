import { importKeys } from '../issuer-keys.ts';
import type { Placement } from '../links.ts';

export const issuer: Placement<'issuer'> = {
  place: ({ issuers }, object) => void issuers.set(object.key, { object, keys: importKeys(object) }),
  drop: ({ issuers }, key) => void issuers.delete(key),
};
