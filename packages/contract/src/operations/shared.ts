/** Schemas that several nouns share. */
import { z } from 'zod';
import { idPrefixes, isId, type Id, type IdKind } from '../ids.ts';
import { hostNameFault } from '../host-name.ts';
import { limits } from '../limits.ts';
import { isPlainLine, isPlainText, plainLineRule, plainTextRule } from '../shown-text.ts';

/** A slug is a DNS label: it is part of URLs and host names. */
export const slug = z
  .string()
  .max(limits.slugCharactersMax)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens')
  .meta({ description: 'A DNS label', examples: ['acme'] });

/** One line of text for people. Others see it, so it must look like what it is. */
export const line = (charactersMax: number) =>
  z.string().trim().min(1).max(charactersMax).refine(isPlainLine, plainLineRule);

/** Several lines of text for people. */
export const lines = (charactersMax: number) => z.string().max(charactersMax).refine(isPlainText, plainTextRule);

/** A name for people, as it is given. */
export const name = line(limits.nameCharactersMax);

/** A name for people, as it is read: an earlier version may have kept what is rejected now. */
export const givenName = z.string();

/** A host name that a tenant gives: lower case, without port. */
export const hostName = z
  .string()
  .trim()
  .toLowerCase()
  .superRefine((text, context) => {
    const message = hostNameFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['orders.example.com'] });

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

/** PostgreSQL and RFC 3339 both know the years from 1 to 9999; an offset must not lead out of them. */
const timeMin = Date.UTC(1900, 0, 1);
const timeMax = Date.UTC(9999, 11, 31);

export const timestamp = z.iso.datetime({ offset: true }).refine((text) => {
  const time = Date.parse(text);
  return time >= timeMin && time < timeMax;
}, 'a time from the year 1900 to 9999');

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
