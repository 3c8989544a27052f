/** The files of a folder, as they are packed. */
import { join, relative, sep } from 'node:path';
import { hostingLimits } from '@tulou/contract/hosting';
import { Failure } from '../failure.ts';
import type { Files } from '../io.ts';
import { say } from '../language/say.ts';
import type { PackedFile } from './tar.ts';

/** Never packed: history, packages that are installed (their files come by the list of dependencies), and files with secrets. */
const leftOut = /^(?:\.git|\.hg|\.svn|\.tulou|\.DS_Store|node_modules|\.env(?:\..*)?|\.npmrc)$/;

/** Reads a folder. A symbolic link inside the folder is packed as the file that it leads to; no other one is packed. */
export async function readFolder(root: string, files: Files): Promise<PackedFile[]> {
  const real = await files.realpath(root);
  const found: PackedFile[] = [];
  let bytesLeft: number = hostingLimits.artifactBytesMax;
  const enter = async (folder: string): Promise<void> => {
    const entries = await files.readdir(folder, { withFileTypes: true });
    for (const entry of entries.filter(({ name }) => !leftOut.test(name))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await enter(path);
      else {
        const file = await readOne(path, real, entry.isSymbolicLink(), files);
        bytesLeft -= file.bytes.length;
        if (bytesLeft < 0 || found.length > hostingLimits.artifactFilesMax) throw tooMuch(root);
        found.push(file);
      }
    }
  };
  await enter(real);
  return found;
}

const tooMuch = (root: string): Failure =>
  new Failure(say`The folder ${root} has more files or bytes than the platform takes`, {
    exit: 'data',
    help: 'Deploy a folder that has only what the service needs, or bundle it.',
  });

async function readOne(path: string, root: string, isLink: boolean, files: Files): Promise<PackedFile> {
  const name = relative(root, path).split(sep).join('/');
  if (isLink) {
    const target = await files.realpath(path).catch(() => undefined);
    if (target === undefined || !(target === root || target.startsWith(root + sep))) throw linkFailure(name, 'leaves');
  }
  const facts = await files.stat(path);
  if (isLink && facts.isDirectory()) throw linkFailure(name, 'folder');
  if (!facts.isFile())
    throw new Failure(say`"${name}" is neither a file nor a folder`, {
      exit: 'data',
      help: 'Remove it from the folder.',
    });
  return { path: name, bytes: await files.readFile(path), isExecutable: (facts.mode & 0o100) !== 0 };
}

const linkFailure = (name: string, why: 'leaves' | 'folder'): Failure =>
  new Failure(
    why === 'leaves'
      ? say`The symbolic link "${name}" leads out of the folder, or nowhere`
      : say`The symbolic link "${name}" leads to a folder`,
    { exit: 'data', help: 'Replace the link by what it leads to.' },
  );
