/** Unpacks an artifact as hostile input: regular files and folders only, inside the folder, within bounds. */
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { artifactPath, hostingLimits } from '@tulou/contract/hosting';
import { extract, type Header } from 'tar-stream';
import { ArtifactFault } from '../reconcile/runner.ts';

/** Unpacks `archive` into `folder`, which exists and is empty. */
export async function unpack(archive: string, folder: string): Promise<void> {
  const seen = new Set<string>();
  let bytes = 0;
  const source = createReadStream(archive);
  const entries = source.pipe(extract());
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const path = checkedPath(header);
      if (path === undefined) {
        entry.resume();
        continue;
      }
      if (seen.has(path)) throw new ArtifactFault(`the artifact contains ${path} twice`);
      seen.add(path);
      bytes += header.size ?? 0;
      if (seen.size > hostingLimits.artifactFilesMax)
        throw new ArtifactFault(`the artifact has more than ${hostingLimits.artifactFilesMax} files`);
      if (bytes > hostingLimits.artifactBytesMax)
        throw new ArtifactFault(`the artifact has more than ${hostingLimits.artifactBytesMax} bytes`);
      await writeEntry(join(folder, path), header, entry);
    }
  } catch (error) {
    if (error instanceof ArtifactFault || (error as NodeJS.ErrnoException).syscall !== undefined) throw faultOf(error);
    throw new ArtifactFault('the artifact is no tar archive, or a part of one', { cause: error });
  } finally {
    source.destroy();
  }
  if (seen.size === 0) throw new ArtifactFault('the artifact is empty');
}

/** A file where the archive also has a folder. Other errors of the system are the host's. */
function faultOf(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR'
    ? new ArtifactFault('the artifact has a file and a folder of one name', { cause: error })
    : error;
}

function checkedPath({ name, type }: Header): string | undefined {
  const path = name.replace(/^\.\//, '').replace(/\/$/, '');
  if (type === 'directory' && (path === '' || path === '.')) return undefined;
  if (type !== 'file' && type !== 'directory')
    throw new ArtifactFault(
      `the artifact contains ${JSON.stringify(name)}, which is a ${type ?? 'thing without a type'}: pack files and folders only`,
    );
  if (!artifactPath.safeParse(path).success)
    throw new ArtifactFault(`the artifact contains ${JSON.stringify(name)}, which is no path inside the folder`);
  return path;
}

async function writeEntry(
  path: string,
  { type, mode }: Header,
  content: AsyncIterable<unknown> & { resume(): void },
): Promise<void> {
  if (type === 'directory') {
    await makeFolder(path);
    content.resume();
    return;
  }
  await makeFolder(dirname(path));
  const isExecutable = ((mode ?? 0) & 0o100) !== 0;
  // `wx`: nothing that exists is written through, a link least of all.
  const file = await open(path, 'wx', 0o644);
  try {
    for await (const chunk of content) await file.write(chunk as Buffer);
    await file.chmod(isExecutable ? 0o755 : 0o644);
  } finally {
    await file.close();
  }
}

/** Instances run as other users of the host, and read it. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; ; at = dirname(at)) {
    await chmod(at, 0o755);
    if (at === first) return;
  }
}
