import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeGroup, openGroup } from './group.ts';
import { claimTree, treesIn } from './tree.ts';

const limits = { memoryBytes: 128 * 1024 * 1024, cpuMillis: 250, processesMax: 64 };

describe('control groups', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tulou-cgroup-'));
  });
  after(() => rm(dir, { recursive: true }));

  test('of version 1 are found below the groups of this process', () => {
    const mountinfo = `30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 25 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;
    const cgroup = '9:pids:/a\n4:memory:/b/c\n3:cpu,cpuacct:/\n0::/d\n';
    assert.deepEqual(treesIn({ mountinfo, cgroup }), [
      {
        version: 1,
        folders: {
          memory: '/sys/fs/cgroup/memory/b/c',
          cpu: '/sys/fs/cgroup/cpu,cpuacct',
          cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
          pids: '/sys/fs/cgroup/pids/a',
        },
      },
      { version: 2, folder: '/sys/fs/cgroup/unified/d' },
    ]);
  });

  test('of a container are found where it has them mounted', () => {
    const mountinfo = '1 2 0:3 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n';
    assert.deepEqual(treesIn({ mountinfo, cgroup: '0::/docker/abc/leaf\n' }), [
      { version: 2, folder: '/sys/fs/cgroup/leaf' },
    ]);
  });

  test('version 2: the host moves into a leaf, then gives controllers to the groups', async () => {
    const folder = join(dir, 'delegated');
    await mkdir(folder);
    await writeFile(join(folder, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
    const tree = (await claimTree({ version: 2, folder }, 'tulou')) ?? assert.fail('not claimed');
    assert.equal(await readFile(join(folder, 'tulou-host', 'cgroup.procs'), 'utf8'), '0');
    assert.equal(await readFile(join(folder, 'cgroup.subtree_control'), 'utf8'), '+memory +cpu +pids');
    await makeGroup(tree, 'isn_1', limits);
    const fileOf = (name: string): Promise<string> => readFile(join(folder, 'tulou', 'isn_1', name), 'utf8');
    assert.equal(await fileOf('memory.max'), String(limits.memoryBytes));
    assert.equal(await fileOf('memory.swap.max'), '0');
    assert.equal(await fileOf('cpu.max'), '25000 100000');
    assert.equal(await fileOf('pids.max'), '64');
  });

  test('version 2 without delegated controllers is not claimed', async () => {
    const folder = join(dir, 'bare');
    await mkdir(folder);
    await writeFile(join(folder, 'cgroup.controllers'), 'hugetlb\n');
    assert.equal(await claimTree({ version: 2, folder }, 'tulou'), undefined);
    assert.equal(await claimTree({ version: 2, folder: join(dir, 'absent') }, 'tulou'), undefined);
  });

  test('figures of both versions have the same units', async () => {
    const second = join(dir, 'second', 'g');
    await mkdir(second, { recursive: true });
    await writeFile(join(second, 'cpu.stat'), 'usage_usec 2500000\nuser_usec 1\n');
    await writeFile(join(second, 'memory.current'), '4096\n');
    await writeFile(join(second, 'pids.current'), '3\n');
    await writeFile(join(second, 'memory.events'), 'oom 2\noom_kill 1\n');
    const group = openGroup({ version: 2, folder: join(dir, 'second') }, 'g');
    assert.deepEqual(await group.stats(), { cpuMs: 2500, memoryBytes: 4096, processes: 3 });
    assert.equal(await group.memoryKills(), 1);
    const [memory, cpu, cpuacct, pids] = await Promise.all(
      ['memory', 'cpu', 'cpuacct', 'pids'].map(async (name) => {
        await mkdir(join(dir, 'first', name, 'g'), { recursive: true });
        return join(dir, 'first', name);
      }),
    );
    const folders = { memory: memory ?? '', cpu: cpu ?? '', cpuacct: cpuacct ?? '', pids: pids ?? '' };
    await writeFile(join(folders.cpuacct, 'g', 'cpuacct.usage'), '2500000000\n');
    await writeFile(join(folders.memory, 'g', 'memory.usage_in_bytes'), '4096\n');
    await writeFile(join(folders.pids, 'g', 'pids.current'), '3\n');
    await writeFile(join(folders.memory, 'g', 'memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
    const old = openGroup({ version: 1, folders }, 'g');
    assert.deepEqual(await old.stats(), { cpuMs: 2500, memoryBytes: 4096, processes: 3 });
    assert.equal(await old.memoryKills(), 1);
  });
});
