// The commands that make and change a key file: what they print, what they warn of, and how they end.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { runInteract } from '../../../../src/commands/interact/program.ts';

interface Run {
  readonly status: number;
  readonly printed: string;
  readonly warned: readonly string[];
}

type RunKey = (...args: readonly string[]) => Promise<Run>;

async function keysIn(test: TestContext): Promise<{ path: string; key: RunKey }> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-keys-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'keys.json');
  const key: RunKey = async (...args) => {
    const printed: string[] = [];
    const warned: string[] = [];
    const status = await runInteract(['key', ...args, '--keys', path], {
      version: '0',
      env: {},
      signal: new AbortController().signal,
      readerGone: new AbortController().signal,
      isTerminal: false,
      input: { read: async () => '', ask: async () => null },
      print: (line) => void printed.push(line),
      warn: (line) => void warned.push(line),
      explain: () => {},
    });
    return { status, printed: printed.join('\n'), warned };
  };
  return { path, key };
}

const account = ['--account', '111111111111'];

async function create(key: RunKey, ...args: readonly string[]): Promise<string> {
  const { status, printed } = await key('create', ...account, '--user', 'ops', ...args);
  assert.equal(status, 0);
  return (JSON.parse(printed) as { accessKeyId: string }).accessKeyId;
}

describe('key create', () => {
  it("names the partition of the server's region", async (test) => {
    const { key } = await keysIn(test);
    for (const [region, partition] of [
      ['eu-west-1', 'aws'],
      ['cn-north-1', 'aws-cn'],
    ] as const) {
      const { printed } = await key('create', ...account, '--user', 'ops', '--region', region);
      assert.equal(JSON.parse(printed).userArn, `arn:${partition}:iam::111111111111:user/ops`);
    }
  });

  it('says which account it took where nothing told', async (test) => {
    const { key } = await keysIn(test);
    const made = await key('create', '--instance-id', 'i-0ab');
    assert.deepEqual(made.warned, ['the key is of account 000000000000: give --account for another']);
    const other = await keysIn(test);
    await create(other.key, '--allow', '*');
    assert.deepEqual((await other.key('create', '--instance-id', 'i-0ab')).warned, []);
  });

  it('says how a key that may nothing gets rules', async (test) => {
    const { key, path } = await keysIn(test);
    const { warned, printed } = await key('create', ...account, '--user', 'ops');
    const { accessKeyId } = JSON.parse(printed) as { accessKeyId: string };
    const command = `cs-interact key change ${accessKeyId} --keys ${path} --allow '*'`;
    assert.deepEqual(warned, [
      `the key may nothing yet: allow it something, such as everything with ${command}`,
    ]);
  });

  it('warns of rules that are about nothing, and of a file that others may read', async (test) => {
    const { key, path } = await keysIn(test);
    await writeFile(path, '{"keys": []}');
    await chmod(path, 0o644);
    const rules = ['--allow', 'GET/config', 'GET/metadata', '--deny', 'POST/x*'];
    const { status, warned } = await key('create', ...account, '--user', 'ops', ...rules);
    assert.equal(status, 0);
    assert.deepEqual(warned, [
      `${path} is readable by others: chmod 600 ${path}`,
      'the rule GET/config matches no operation: see "cs-interact operations"',
      'the rule POST/x* matches no operation: see "cs-interact operations"',
    ]);
  });

  it('adds nothing to a file that others may write', async (test) => {
    const { key, path } = await keysIn(test);
    await writeFile(path, '{"keys": []}');
    await chmod(path, 0o666);
    const { status, warned, printed } = await key('create', ...account, '--user', 'ops', '--allow', '*');
    assert.deepEqual([status, printed], [2, '']);
    assert.match(warned.join(), /^--keys: .* is writable by others, who could add keys/);
    assert.equal(await readFile(path, 'utf8'), '{"keys": []}');
  });
});

describe('key change', () => {
  it('adds the rules that are given, takes away a kind, and shows what it has', async (test) => {
    const { key, path } = await keysIn(test);
    const id = await create(key, '--allow', 'GET/*', '--deny', 'GET/backup');
    const rulesOf = async (...args: string[]) => {
      const { status, printed } = await key('change', id, ...args);
      assert.equal(status, 0);
      const [{ accessKeyId, allow, deny } = {}] = JSON.parse(printed) as Record<string, unknown>[];
      assert.equal(accessKeyId, id);
      return [allow, deny];
    };
    assert.deepEqual(await rulesOf('--allow', '*', 'GET/*'), [['GET/*', '*'], ['GET/backup']]);
    assert.deepEqual(await rulesOf('--deny', 'POST/backup'), [
      ['GET/*', '*'],
      ['GET/backup', 'POST/backup'],
    ]);
    assert.deepEqual(await rulesOf('--no-deny'), [['GET/*', '*'], []]);
    assert.deepEqual(await rulesOf('--no-allow'), [[], []]);
    assert.deepEqual(await rulesOf('--allow', 'GET/metadata'), [['GET/metadata'], []]);
    assert.match(await readFile(path, 'utf8'), /"secretAccessKey"/);
  });

  it("adds to what an instance's key may do without rules", async (test) => {
    const { key } = await keysIn(test);
    const made = await key('create', ...account, '--instance-id', 'i-0ab');
    const { accessKeyId } = JSON.parse(made.printed) as { accessKeyId: string };
    const { printed } = await key('change', accessKeyId, '--allow', 'GET/fleet/status');
    assert.deepEqual(JSON.parse(printed)[0].allow, ['GET/metadata', 'GET/fleet/status']);
  });

  it('is refused without a change, or a key', async (test) => {
    const { key } = await keysIn(test);
    const id = await create(key, '--allow', '*');
    assert.deepEqual(await key('change', id), {
      ...{ status: 2, printed: '' },
      warned: ['nothing to change: give --allow, --deny, --no-allow or --no-deny'],
    });
    const unknown = await key('change', 'AKIANONE', '--allow', '*');
    assert.equal(unknown.status, 1);
    assert.match(unknown.warned.join(), /^the file has no key of that id: "cs-interact key list" shows/);
  });
});

it('key remove shows what it removed, without the secret', async (test) => {
  const { key, path } = await keysIn(test);
  const id = await create(key, '--allow', '*');
  const { status, printed } = await key('remove', id);
  assert.equal(status, 0);
  const [removed = {}] = JSON.parse(printed) as Record<string, unknown>[];
  assert.deepEqual([removed.accessKeyId, removed.secretAccessKey], [id, undefined]);
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), { keys: [] });
});
