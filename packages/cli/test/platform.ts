/** The control role over a real PostgreSQL, and a stage whose commands speak with it as the operator. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startTestControl, type TestControl } from '../../server/test/control/fixture.ts';
import { openStage, type Ran, type Scene, type Stage } from './stage.ts';

export interface Platform {
  readonly control: TestControl;
  readonly stage: Stage;
  /** Runs a command line: words with single spaces between them. */
  tulou(line: string, scene?: Scene): Promise<Ran>;
  /** Runs one that must succeed. */
  done(line: string, scene?: Scene): Promise<Ran>;
  /** Runs one with `--json`. */
  json(line: string): Promise<Record<string, unknown>>;
  /** Writes a file where the commands run. */
  put(name: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startPlatform(): Promise<Platform> {
  const control = await startTestControl();
  const stage = await openStage({ TULOU_URL: control.url, TULOU_TOKEN: control.operator });
  const tulou: Platform['tulou'] = (line, scene) => stage.tulou(line.split(' '), scene);
  const done: Platform['done'] = async (line, scene) => {
    const ran = await tulou(line, scene);
    assert.equal(ran.code, 0, `${line}\n${ran.err}`);
    return ran;
  };
  return {
    control,
    stage,
    tulou,
    done,
    json: async (line) => JSON.parse((await done(`${line} --json`)).out) as Record<string, unknown>,
    async put(name, text) {
      const path = join(stage.dir, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
    async stop() {
      await stage[Symbol.asyncDispose]();
      await control.stop();
    },
  };
}

export const openapi = `openapi: 3.1.0
info: {title: Orders, version: '1.0'}
paths:
  /orders:
    get: &read
      operationId: listOrders
      responses:
        200: {description: all orders}
        '404': {description: none}
`;
