/** The production dependencies of a Node application, as they are installed: what `npm install` has put beside or above it. */
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Files } from '../io.ts';
import { say } from '../language/say.ts';
import { readFolder } from './files.ts';
import { readPackage, type PackageFile } from './package.ts';
import type { PackedFile } from './tar.ts';

const packagesMax = 2000;

interface Installed {
  /** Where its files go in the archive: `node_modules/a`, or `node_modules/a/node_modules/b` for a second version of `b`. */
  readonly place: string;
  readonly folder: string;
  readonly file: PackageFile;
}

/** The files of all packages that the application needs, below `node_modules`. */
export async function readDependencies(root: string, file: PackageFile, files: Files): Promise<PackedFile[]> {
  const placed = new Map<string, Installed>();
  const waiting: Installed[] = [{ place: '', folder: await files.realpath(root), file }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const { name, isOptional } of neededBy(next.file)) {
      const folder = await findInstalled(next.folder, name, files);
      if (folder === undefined && isOptional) continue;
      if (folder === undefined) throw missing(name, next.file);
      const added = await placeOf(name, folder, next, placed, files);
      if (added === undefined) continue;
      placed.set(added.place, added);
      waiting.push(added);
      if (placed.size > packagesMax)
        throw new Failure(say`The application has more than ${packagesMax} dependencies`, {
          exit: 'data',
          help: 'Bundle the application, and deploy the folder with the bundle.',
        });
    }
  }
  const packed: PackedFile[] = [];
  for (const { place, folder } of placed.values()) {
    const own = await readFolder(folder, files);
    packed.push(...own.map((one) => ({ ...one, path: `${place}/${one.path}` })));
  }
  return packed;
}

function neededBy({ dependencies, optionalDependencies, peerDependencies }: PackageFile) {
  const required = Object.keys(dependencies ?? {}).map((name) => ({ name, isOptional: false }));
  const optional = Object.keys({ ...optionalDependencies, ...peerDependencies });
  return [...required, ...optional.map((name) => ({ name, isOptional: true }))];
}

/** As Node looks for it: in `node_modules` of the folder and of each folder above. */
async function findInstalled(from: string, name: string, files: Files): Promise<string | undefined> {
  for (let at = from; ; at = dirname(at)) {
    const found = await files.realpath(join(at, 'node_modules', name)).catch(() => undefined);
    if (found !== undefined) return found;
    if (dirname(at) === at) return undefined;
  }
}

/** At the top where the name is free there, else within the package that needs it; undefined: it is in reach already. */
async function placeOf(
  name: string,
  folder: string,
  by: Installed,
  placed: ReadonlyMap<string, Installed>,
  files: Files,
): Promise<Installed | undefined> {
  const within = by.place === '' ? `node_modules/${name}` : `${by.place}/node_modules/${name}`;
  for (const place of new Set([within, `node_modules/${name}`])) {
    if (placed.get(place)?.folder === folder) return undefined;
  }
  const place = placed.has(`node_modules/${name}`) ? within : `node_modules/${name}`;
  return { place, folder, file: (await readPackage(folder, files)) ?? {} };
}

const missing = (name: string, { name: by = 'package.json' }: PackageFile): Failure =>
  new Failure(say`The dependency ${name} of ${by} is not installed`, {
    exit: 'data',
    help: 'Run "npm install" in the folder, then deploy again.',
  });
