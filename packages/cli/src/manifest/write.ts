/** From existing objects to a file that `apply` accepts without change. These objects have no secret fields. */
import { stringify } from 'yaml';
import type { ZodType } from 'zod';
import { isDocumentText } from './documents.ts';
import { addressOf, parentAddress, type Fields, type Resource } from './resource.ts';
import { kinds, partsOf } from './schema.ts';

export interface WrittenDocument {
  /** Relative to the file. */
  readonly path: string;
  readonly text: string;
}

export interface WrittenManifest {
  readonly text: string;
  readonly documents: readonly WrittenDocument[];
}

/** Writes the file, sorted by name. OpenAPI documents go into `folder` beside the file, or into the file if it is undefined. */
export function writeManifest(resources: readonly Resource[], folder: string | undefined): WrittenManifest {
  const live = resources.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const documents: WrittenDocument[] = [];
  const place = ({ name, document }: Resource): unknown => {
    if (document === undefined) return undefined;
    // A text that could be read as a path is written as one in a file of its own, or with an end of line.
    if (folder === undefined) return isDocumentText(document.text) ? document.text : `${document.text}\n`;
    const suffix = document.text.trimStart().startsWith('{') ? 'json' : 'yaml';
    const path = `${folder}/${name.replaceAll('/', '_')}.${suffix}`;
    documents.push({ path, text: document.text });
    return path;
  };
  const tenants = live.filter((one) => one.kind === 'tenant').map((one) => entryOf(one, live, place));
  return { text: yamlOf({ tenants }), documents };
}

/** Without aliases, so that each part can be read by itself; documents keep their lines. */
const yamlOf = (value: unknown): string =>
  stringify(value, { aliasDuplicateObjects: false, lineWidth: 110, blockQuote: 'literal' });

type Place = (version: Resource) => unknown;

/** An object with everything in its lists. */
function entryOf(self: Resource, live: readonly Resource[], place: Place): Fields {
  const address = addressOf(self);
  const lists = partsOf(self.kind).map((part) => {
    const entries = live
      .filter((one) => one.kind === part && parentAddress(one) === address)
      .map((one) => entryOf(one, live, place));
    return [kinds[part].key, kinds[part].isSingle === true ? entries[0] : entries] as const;
  });
  const document = self.kind === 'version' ? { openapi: place(self) } : {};
  return filled({ ...fieldsOf(self), ...document, ...Object.fromEntries(lists) });
}

/** The fields that a file may contain, without those that equal the default of a new object. */
function fieldsOf({ kind, fields }: Resource): Fields {
  const known = Object.entries(kinds[kind].shape.shape as Readonly<Record<string, ZodType>>).filter(
    ([name, schema]) => name in fields && schema.safeParse(fields[name]).success,
  );
  return Object.fromEntries(
    known
      .filter(([name, schema]) => JSON.stringify(schema.safeParse(undefined).data) !== JSON.stringify(fields[name]))
      .map(([name]) => [name, fields[name]]),
  );
}

/** Without empty fields. */
const filled = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
