/** Schemas that several nouns share. */
import { z } from 'zod';
import { idPrefixes, isId, type Id, type IdKind } from '../ids.ts';
import { limits } from '../limits.ts';

/** A slug is a DNS label: it stands in URLs and host names. */
export const slug = z
  .string()
  .max(limits.slugCharactersMax)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens');

export const name = z.string().trim().min(1).max(limits.nameCharactersMax);

export const id = <K extends IdKind>(kind: K) =>
  z.string().refine((text): text is Id<K> => isId(kind, text), `an id that begins with ${idPrefixes[kind]}_`);

/** Path parameters take either form; what is neither is simply not found. */
export const idOrSlug = z.string().min(1).max(100);

export const timestamp = z.iso.datetime({ offset: true });

export const listQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(limits.pageItemsMax).default(limits.pageItemsDefault),
});

export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Pass as `cursor` for the next page; null at the end'),
  });

export const tenantParams = z.object({ tenant: idOrSlug });
export const none = z.object({});
