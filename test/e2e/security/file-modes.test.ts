// Whatever the umask, nobody but root reads what the programs keep, and nobody but root speaks to them over their sockets.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { INSTANCE_ID, INTERACT, IS_REAL_ROOT, REGION, temporaryDirectory } from '../../fixtures/programs.ts';
import { AwsScene } from '../agent/aws-scene.ts';
import { Scene } from '../agent/scene.ts';

const run = promisify(execFile);

const NOBODY = 65_534;
const UMASKS = ['000', '077'] as const;

const under = (umask: string) => ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];

/** Everything below a directory, with its kind and mode as `ls -l` has them for the owner, the group and others. */
function modesBelow(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(names.map((name) => [name, modeOf(join(directory, name))]));
}

function modeOf(path: string): string {
  const stats = statSync(path);
  const kind = stats.isDirectory() ? 'directory' : stats.isSocket() ? 'socket' : 'file';
  return `${kind} ${(stats.mode & 0o7777).toString(8)}`;
}

describe('what the programs write', { concurrency: 2, timeout: 180_000 }, () => {
  for (const umask of UMASKS) {
    it(`the agent, umask ${umask}`, async (t) => {
      const aws = await AwsScene.create(t);
      const { scene } = aws;
      const log = scene.path('watcher.log');
      const agent = aws.start(['--log-file', log], { wrapper: under(umask) });
      await aws.api.further(1);
      await aws.fleet.setState(INSTANCE_ID, 'draining');
      const socket = scene.path('run/control.sock');
      await run('curl', ['-sS', '--unix-socket', socket, '-m', '10', 'http://localhost/v1/status']);
      await aws.api.further(2);
      assert.deepEqual(
        [modeOf(scene.path('run')), modesBelow(scene.path('run'))],
        ['directory 700', { 'control.sock': 'socket 600', lock: 'file 600' }],
      );
      // Until then a file may be on its way, under another name.
      assert.equal(await agent.stop(), 0);
      assert.deepEqual(
        [modeOf(scene.path('state')), modesBelow(scene.path('state'))],
        ['directory 700', { 'context.json': 'file 600', 'record.json': 'file 600' }],
      );
      assert.equal(modeOf(log), umask === '000' ? 'file 644' : 'file 600');
    });

    it(`cs-interact serve and key, umask ${umask}`, async (t) => {
      const directory = temporaryDirectory();
      let end = async () => {};
      t.after(async () => {
        await end();
        directory.close();
      });
      const [mask, ...shell] = under(umask);
      const inside = (name: string) => join(directory.path, name);
      const keys = inside('keys.json');
      await run(mask!, [
        ...[...shell, INTERACT, 'key', 'create', '--keys', keys, '--user', 'ops', '--allow', '*'],
      ]);
      const child = spawn(
        mask!,
        [
          ...[...shell, INTERACT, 'serve', '--keys', keys, '--data', inside('api.db'), '--region', REGION],
          ...['--listen', '127.0.0.1:0', '--admin-socket', inside('run/admin.sock')],
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const closed = once(child, 'close');
      end = async () => {
        child.kill('SIGTERM');
        await closed;
      };
      await once(createInterface(child.stdout), 'line');
      const admin = ['--admin-socket', inside('run/admin.sock')];
      await run(INTERACT, ['state', 'add', 'i-0ab', ...admin]);
      await run(mask!, [...shell, INTERACT, 'export', inside('exported.json'), ...admin]);
      const found = modesBelow(directory.path);
      assert.deepEqual(
        Object.keys(found).filter((name) => !/-(wal|shm)$/.test(name)),
        ['api.db', 'api.db.lock', 'exported.json', 'keys.json', 'run', 'run/admin.sock'],
      );
      for (const [name, mode] of Object.entries(found)) {
        assert.match(mode, /^(directory 700|file 600|socket 600)$/, name);
      }
    });
  }
});

describe("the sockets are root's", { concurrency: 2, timeout: 180_000 }, () => {
  /** Asks as nobody, past whatever the directories allow. */
  const askAsNobody = (scene: Scene, socket: string, path: string) =>
    scene.try('setpriv', [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'],
      ...['curl', '-sS', '-m', '10', '--unix-socket', socket, `http://localhost${path}`],
    ]);

  for (const [what, prepare] of [
    ['in a directory that the agent made', (_: string) => {}],
    [
      'in a directory that another user made, for everybody',
      (path: string) => {
        mkdirSync(path, { recursive: true });
        chmodSync(path, 0o777);
        chownSync(path, NOBODY, NOBODY);
      },
    ],
  ] as const) {
    it(`the agent's, ${what}`, async (t: TestContext) => {
      if (!IS_REAL_ROOT) return t.skip('needs real root: there is no other user to be');
      const scene = await Scene.create(t);
      mkdirSync(scene.path('run'), { recursive: true });
      prepare(scene.path('run'));
      // So that it is the socket that refuses.
      for (const path of [scene.root, scene.directory]) chmodSync(path, 0o755);
      const agent = scene.start([], { wrapper: under('000') });
      await agent.log.waitFor('state-changed');
      chmodSync(scene.path('run'), 0o777);
      const socket = scene.path('run/control.sock');
      assert.equal(modeOf(socket), 'socket 600');
      const asRoot = await scene.try('curl', ['-sS', '--unix-socket', socket, 'http://localhost/v1/status']);
      assert.equal(asRoot.status, 0, asRoot.stderr);
      const { status, stdout, stderr } = await askAsNobody(scene, socket, '/v1/status');
      assert.deepEqual([status, stdout], [7, ''], stderr);
      assert.equal(await agent.stop(), 0);
    });
  }
});
