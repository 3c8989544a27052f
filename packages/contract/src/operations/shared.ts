/** Schemas that several nouns share. */
import { z } from 'zod';
import { idPrefixes, isId, type Id, type IdKind } from '../ids.ts';
import { limits } from '../limits.ts';

/** A slug is a DNS label: it is part of URLs and host names. */
export const slug = z
  .string()
  .max(limits.slugCharactersMax)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens')
  .meta({ description: 'A DNS label', examples: ['acme'] });

/** A text for people, on one line. PostgreSQL cannot store NUL, and a control character can disguise a list. */
export const name = z
  .string()
  .trim()
  .min(1)
  .max(limits.nameCharactersMax)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'no control characters');

/** An id of this kind. */
export const id = <K extends IdKind>(kind: K) =>
  z
    .string()
    .refine((text): text is Id<K> => isId(kind, text), `an id that begins with ${idPrefixes[kind]}_`)
    .meta({ pattern: `^${idPrefixes[kind]}_[0-7][0-9a-hjkmnp-tv-z]{25}$` });

/** Path parameters accept both forms. Any other text is not found. */
export const idOrSlug = z.string().min(1).max(100);

/** A code of the catalogue of errors, also one of a newer gateway. */
export const errorCode = z.string().regex(/^[a-z_]{1,60}$/, 'an error code such as rate_limited');

export const timestamp = z.iso.datetime({ offset: true });

export const listQuery = z.object({
  cursor: z.string().max(500).optional().describe('`next` of the previous page'),
  limit: z.coerce.number().int().min(1).max(limits.pageItemsMax).default(limits.pageItemsDefault),
});

/** One page of a list. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Value of `cursor` for the next page; null at the end'),
  });

export const tenantParams = z.object({ tenant: idOrSlug });
export const none = z.object({});
