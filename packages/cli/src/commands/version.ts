import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isOn, jsonOption, type Command } from '../command.ts';

const manifest = z.object({ version: z.string() });

export const version: Command = {
  kind: 'command',
  section: 'Connection and shell',
  summary: 'Print the version of this command',
  positionals: [],
  options: [jsonOption],
  examples: ['tulou version'],
  run: async (args, io) => {
    const found = manifest.parse(JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')));
    io.stdout.write(
      isOn(args, 'json')
        ? `${JSON.stringify({ version: found.version, node: process.version })}\n`
        : `tulou ${found.version}\n`,
    );
    return 'ok';
  },
};
