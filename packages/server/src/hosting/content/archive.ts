/** Judges the archive of an artifact. Hosts unpack it: only folders and regular files with plain relative paths may be in it. */
import type { Readable } from 'node:stream';
import { artifactPath, hostingLimits } from '@tulou/contract/hosting';
import { extract, type Header } from 'tar-stream';

/** Finds the fault of an archive, and says what to do; undefined if it is sound. Reads all of it. */
export async function findArchiveFault(bytes: Readable): Promise<string | undefined> {
  let fault: string | undefined;
  await eachEntry(bytes, (entry, seen) => {
    fault ??= faultOf(entry, seen);
    return true;
  }).then(
    (count) => (fault ??= count === 0 ? 'The archive has no file in it.' : undefined),
    (error: Error) => (fault ??= `The archive is not an uncompressed tar (${error.message}).`),
  );
  return fault;
}

/** Whether an archive that is sound has this file. */
export async function hasFile(bytes: Readable, path: string): Promise<boolean> {
  let found = false;
  await eachEntry(bytes, ({ name, type }) => !(found ||= type === 'file' && name === path));
  return found;
}

/** Calls `look` for each entry while it returns true; resolves with the number of regular files. */
async function eachEntry(bytes: Readable, look: (entry: Header, seen: Set<string>) => boolean): Promise<number> {
  const entries = extract();
  const seen = new Set<string>();
  let files = 0;
  bytes.on('error', (error) => entries.destroy(error));
  bytes.pipe(entries);
  try {
    for await (const entry of entries) {
      if (entry.header.type === 'file') files += 1;
      if (!look(entry.header, seen)) break;
      entry.resume();
    }
  } finally {
    bytes.destroy();
  }
  return files;
}

function faultOf({ name, type }: Header, seen: Set<string>): string | undefined {
  const shown = JSON.stringify(name.slice(0, 100));
  if (type !== 'file' && type !== 'directory')
    return `${shown} is a ${String(type)}: the archive may only have regular files and folders. Pack what it leads to.`;
  const path = type === 'directory' ? name.replace(/\/$/, '') : name;
  if (!artifactPath.safeParse(path).success)
    return `${shown} is not a plain relative path of at most ${hostingLimits.artifactPathCharactersMax} characters. Pack from inside the folder.`;
  if (seen.has(path)) return `${shown} is in the archive twice.`;
  seen.add(path);
  if (seen.size > hostingLimits.artifactFilesMax)
    return `The archive has more than ${hostingLimits.artifactFilesMax} files. Bundle them, or leave out what the service does not need.`;
  return undefined;
}
