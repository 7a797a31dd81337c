// `cs-interact serve` as its users have it: the program, a client nobody here wrote (curl), operators' commands, a kill.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kindOfCaller } from '../../../src/interaction/server/caller.ts';
import { openKeyFile } from '../../../src/interaction/server/key-file.ts';

const program = fileURLToPath(new URL('../../../src/bin/cs-interact.ts', import.meta.url));
const region = 'eu-west-3';
const accessKeyId = 'AKIDEXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const key = {
  accessKeyId,
  secretAccessKey,
  caller: 'AROAEXAMPLE:i-0ab',
  userArn: 'arn:aws:sts::111111111111:assumed-role/Role/i-0ab',
};

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout: 30_000, cwd };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ status: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

function interact(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return run(process.execPath, [program, ...args], env);
}

class Deployment {
  readonly directory: string;
  readonly socket: string;
  readonly keys: string;
  server: ChildProcess | undefined;
  origin = '';
  /** What the server wrote to stderr so far. */
  stderr = '';

  constructor(directory: string) {
    this.directory = directory;
    this.socket = join(directory, 'admin.sock');
    this.keys = join(directory, 'keys.json');
  }

  /** Resolves once the server listens, with its readiness line. */
  async start(...more: string[]): Promise<{ listening: string; url: string }> {
    const data = join(this.directory, 'fleet.json');
    const args = ['--keys', this.keys, '--data', data, '--admin-socket', this.socket, '--region', region];
    const server = spawn(process.execPath, [program, 'serve', '--listen', '127.0.0.1:0', ...args, ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.server = server;
    server.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    const exited = once(server, 'close').then(([code]) =>
      Promise.reject(new Error(`serve ended with ${code}: ${this.stderr}`)),
    );
    exited.catch(() => {});
    const [line] = (await Promise.race([once(createInterface(server.stdout), 'line'), exited])) as [string];
    const ready = JSON.parse(line) as { listening: string; url: string };
    this.origin = ready.listening;
    return ready;
  }

  /** Resolves with a match of what the server wrote to stderr, as soon as there is one. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(20_000);
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match;
      await once(this.server!.stderr!, 'data', { signal: deadline }).catch((cause: unknown) => {
        throw new Error(`${pattern} is not in: ${this.stderr}`, { cause });
      });
    }
  }

  /** The exit status, or the signal that ended the server. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    const exited = once(this.server!, 'exit');
    this.server!.kill(signal);
    const [code, endedBy] = (await exited) as [number | null, string | null];
    this.server = undefined;
    return code ?? endedBy!;
  }

  state(...args: string[]): Promise<Outcome> {
    return interact(['state', ...args, '--admin-socket', this.socket]);
  }

  /** Signs with curl's own implementation of SigV4. */
  async curl(
    path: string,
    secret = secretAccessKey,
    more: readonly string[] = [],
  ): Promise<{ status: number; body: string }> {
    const args = ['--silent', '--show-error', '--write-out', '\n%{http_code}'];
    const signing = ['--aws-sigv4', `aws:amz:${region}:execute-api`, '--user', `${accessKeyId}:${secret}`];
    const { stdout, stderr } = await run('curl', [...args, ...signing, ...more, `${this.origin}${path}`]);
    const match = /^(.*)\n(\d{3})$/s.exec(stdout);
    assert.ok(match, `curl said: ${stderr}`);
    return { status: Number(match[2]), body: match[1]! };
  }

  async stateSeen(): Promise<string> {
    const { status, body } = await this.curl('/v1/metadata');
    assert.equal(status, 200, body);
    return (JSON.parse(body) as { State: string }).State;
  }
}

async function deploy(test: TestContext, ...more: string[]): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-interact-'));
  const deployment = new Deployment(directory);
  test.after(async () => {
    if (deployment.server !== undefined) await deployment.end('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  await writeFile(deployment.keys, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  await deployment.start(...more);
  return deployment;
}

before(async () => {
  const found = await run('curl', ['--aws-sigv4', 'aws:amz', '--version']).catch(() => undefined);
  assert.equal(
    found?.status,
    0,
    'these tests need a curl that has --aws-sigv4 (7.75 or later): install curl',
  );
});

describe('cs-interact serve', { timeout: 120_000 }, () => {
  it('accepts what curl signed, and refuses it with one byte changed', async (test) => {
    const deployment = await deploy(test);
    assert.equal((await deployment.state('add', 'i-0ab')).status, 0);
    assert.equal(await deployment.stateSeen(), 'running');
    assert.deepEqual(await deployment.curl('/v1/'), { status: 200, body: 'metadata' });

    const refused = await deployment.curl('/v1/metadata', secretAccessKey.replace('K7', 'K8'));
    assert.equal(refused.status, 403);
    assert.match(refused.body, /^\{"message":"The request signature we calculated does not match /);
  });

  it('refuses a request that curl signed for another byte of the path', async (test) => {
    const deployment = await deploy(test);
    const signing = [
      '--aws-sigv4',
      `aws:amz:${region}:execute-api`,
      '--user',
      `${accessKeyId}:${secretAccessKey}`,
    ];
    const args = ['--silent', '--verbose', ...signing, `${deployment.origin}/v1/metadata`];
    const { stderr } = await run('curl', args);
    const headers = [...stderr.matchAll(/^> ((?:Authorization|X-Amz-Date): .*?)\r?$/gim)].map(
      (match) => match[1]!,
    );
    assert.equal(headers.length, 2, stderr);
    const replay = async (path: string) => {
      const resent = headers.flatMap((header) => ['--header', header]);
      const { stdout } = await run('curl', ['--silent', ...resent, `${deployment.origin}${path}`]);
      return stdout;
    };
    assert.equal(await replay('/v1/metadata'), "No information for instance id 'i-0ab'!");
    assert.match(await replay('/v1/metadatb'), /The request signature we calculated does not match/);
    assert.match(await replay('/v1/metadata?a'), /The request signature we calculated does not match/);
  });

  it('shows a state that an operator set in the next answer, and keeps it through a kill', async (test) => {
    const deployment = await deploy(test);
    await deployment.state(
      'add',
      'i-0ab',
      '--name',
      'web',
      '--tag',
      'a=b',
      '--tag',
      'c=d=e',
      '--target-groups',
      '2',
    );
    const { body } = await deployment.curl('/v1/metadata');
    const metadata = JSON.parse(body) as Record<string, unknown>;
    assert.equal(metadata.InstanceName, 'web');
    assert.deepEqual(metadata.Tags, [
      { Key: 'a', Value: 'b' },
      { Key: 'c', Value: 'd=e' },
    ]);
    assert.deepEqual(metadata.TargetGroups, { Arns: [], NbOfTargetGroups: 2 });

    assert.equal((await deployment.state('set', 'i-0ab', 'draining')).status, 0);
    assert.equal(await deployment.stateSeen(), 'draining');
    assert.equal(await deployment.end('SIGKILL'), 'SIGKILL');
    await deployment.start();
    assert.equal(await deployment.stateSeen(), 'draining');
    const shown = await deployment.state('get', 'i-0ab');
    assert.equal((JSON.parse(shown.stdout) as { state: string }).state, 'draining');

    assert.equal((await deployment.state('remove', 'i-0ab')).status, 0);
    assert.deepEqual(await deployment.curl('/v1/metadata'), {
      status: 400,
      body: "No information for instance id 'i-0ab'!",
    });
  });

  it('follows its key file', async (test) => {
    const deployment = await deploy(test);
    await deployment.state('add', 'i-0ab');
    assert.equal(await deployment.stateSeen(), 'running');
    await writeFile(deployment.keys, JSON.stringify({ keys: [] }));
    assert.deepEqual(await deployment.curl('/v1/metadata'), {
      status: 403,
      body: '{"message":"The security token included in the request is invalid."}',
    });
  });

  it('says so when its key file becomes unusable, unsafe or empty', async (test) => {
    const deployment = await deploy(test);
    assert.equal(deployment.stderr, '');
    await writeFile(deployment.keys, 'half a');
    assert.equal((await deployment.curl('/v1/')).status, 200);
    await deployment.said(/^cs-interact: .*keys\.json: not JSON; the keys read before stay in force\n$/);
    await writeFile(deployment.keys, JSON.stringify({ keys: [key] }));
    await chmod(deployment.keys, 0o644);
    assert.equal((await deployment.curl('/v1/')).status, 200);
    await deployment.said(/^cs-interact: (.*keys\.json) is readable by others: chmod 600 \1$/m);
    await writeFile(deployment.keys, JSON.stringify({ keys: [] }));
    assert.equal((await deployment.curl('/v1/')).status, 403);
    await deployment.said(/^cs-interact: .*keys\.json has no keys: every request will be refused$/m);
  });

  it('writes a line about a refused request, without anything secret', async (test) => {
    const deployment = await deploy(test);
    const token = 'a-token-of-the-tests';
    const wrong = secretAccessKey.replace('K7', 'K8');
    const refused = await deployment.curl('/v1/metadata', wrong, ['--header', `x-secret: ${token}`]);
    assert.equal(refused.status, 403);
    const [line, time] = await deployment.said(
      /^cs-interact: (\S+) refused a request from 127\.0\.0\.1, access key id AKIDEXAMPLE: signature-mismatch\n$/,
    );
    assert.ok(Math.abs(Date.parse(time!) - Date.now()) < 60_000, line);
    assert.equal((await deployment.curl('/metadata')).status, 403);
    assert.equal((await deployment.curl('/v1/metadata', wrong)).status, 403);
    await deployment.said(/: signature-mismatch \(1 more refused in the second before\)\n$/);
    assert.doesNotMatch(deployment.stderr, /Signature=|AWS4-HMAC|a-token-of|wJalr/);
  });

  it('gives its address with the stage', async (test) => {
    const deployment = await deploy(test);
    await deployment.end('SIGTERM');
    const { listening, url } = await deployment.start();
    assert.match(listening, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(url, `${listening}/v1/`);
    assert.equal(deployment.stderr, '');
  });

  it('warns where others can read what passes', async (test) => {
    const deployment = await deploy(test, '--listen', '0.0.0.0:0');
    const warning =
      /^cs-interact: http:\/\/0\.0\.0\.0:\d+ is not loopback, and requests and answers are not encrypted: [^\n]+\n$/;
    await deployment.said(warning);
    assert.equal((await deployment.curl('/v1/')).status, 200);
    assert.match(deployment.stderr, warning, 'once');
  });

  it('says what listens on a port already, and what others may write', async (test) => {
    const deployment = await deploy(test);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    test.after(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const serve = ['serve', '--keys', deployment.keys, '--region', region];
    const socket = ['--admin-socket', `${deployment.socket}2`];
    const busy = await interact([...serve, ...socket, '--listen', `127.0.0.1:${port}`]);
    const reason = 'the port is in use: stop what listens there, or give another port';
    assert.deepEqual(busy, {
      status: 1,
      stdout: '',
      stderr: `cs-interact: --listen 127.0.0.1:${port}: ${reason}\n`,
    });
    await chmod(deployment.keys, 0o606);
    const unsafe = await interact([...serve, ...socket, '--listen', '127.0.0.1:0']);
    assert.equal(unsafe.status, 2);
    assert.match(
      unsafe.stderr,
      /^cs-interact: --keys: .* is writable by others, who could add keys [^\n]+\n$/,
    );
  });

  it('names the directory that is missing, for the fleet and for the socket', async (test) => {
    const { keys } = await deploy(test);
    const serve = ['serve', '--keys', keys, '--region', region, '--listen', '127.0.0.1:0'];
    assert.deepEqual(await interact([...serve, '--data', '/nonexistent/f']), {
      status: 1,
      stdout: '',
      stderr:
        'cs-interact: --data: the directory /nonexistent does not exist: make it, or give a path in another\n',
    });
    const below = await interact([...serve, '--admin-socket', '/proc/nonexistent/a/admin.sock']);
    assert.equal(below.status, 1);
    assert.match(
      below.stderr,
      /^cs-interact: --admin-socket: the directory \/proc\/nonexistent cannot be made \(ENOENT\): /,
    );
  });

  it('with --api-id refuses requests for another API', async (test) => {
    const deployment = await deploy(test, '--api-id', 'a1');
    const forApi = (id: string) =>
      deployment.curl('/v1/', secretAccessKey, ['--header', `x-apigw-api-id: ${id}`]);
    assert.deepEqual(await forApi('a1'), { status: 200, body: 'metadata' });
    assert.deepEqual(await forApi('b2'), { status: 403, body: '{"message":"Forbidden"}' });
  });

  it('ends with 0 on SIGTERM and frees what it held', async (test) => {
    const deployment = await deploy(test);
    assert.equal(await deployment.end('SIGTERM'), 0);
    await deployment.start();
    assert.equal(await deployment.end('SIGINT'), 0);
  });

  it('exits with 75 when the fleet or the socket is in use', async (test) => {
    const deployment = await deploy(test);
    const serve = ['serve', '--listen', '127.0.0.1:0', '--keys', deployment.keys, '--region', region];
    const second = await interact([...serve, '--admin-socket', deployment.socket]);
    assert.equal(second.status, 75);
    assert.match(second.stderr, /^cs-interact: --admin-socket: .* is in use by a running server; [^\n]+\n$/);
    const data = [
      '--data',
      join(deployment.directory, 'fleet.json'),
      '--admin-socket',
      `${deployment.socket}2`,
    ];
    const third = await interact([...serve, ...data]);
    assert.equal(third.status, 75);
    assert.match(third.stderr, /^cs-interact: --data: .* is in use by a running server; [^\n]+\n$/);
  });
});

describe('cs-interact metadata', { timeout: 120_000 }, () => {
  const credentials = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
  };

  for (const dialect of ['d0', 'd1', 'd2']) {
    it(`reads ${dialect}`, async (test) => {
      const deployment = await deploy(test, '--dialect', dialect);
      await deployment.state('add', 'i-0ab', '--state', 'bounced', '--tag', 'Name=web');
      const { stdout, stderr, status } = await interact(
        ['metadata', '--api-url', `${deployment.origin}/v1`],
        credentials,
      );
      assert.equal(status, 0, stderr);
      const metadata = JSON.parse(stdout) as Record<string, unknown>;
      assert.equal(metadata.instanceId, 'i-0ab');
      assert.equal(metadata.state, 'bounced');
      assert.deepEqual(metadata.tags, { Name: 'web' });
      assert.equal(metadata.dialect, dialect === 'd0' ? 'd0' : 'flat');
    });
  }

  it('asks for another instance, and says in one line what the API said', async (test) => {
    const deployment = await deploy(test);
    await deployment.state('add', 'i-0cd', '--state', 'stopped');
    const args = ['metadata', '--api-url', `${deployment.origin}/v1/`];
    const other = await interact([...args, '--instance-id', 'i-0cd'], credentials);
    assert.equal((JSON.parse(other.stdout) as { state: string }).state, 'stopped');
    const unknown = await interact(args, credentials);
    assert.equal(unknown.status, 1);
    assert.match(
      unknown.stderr,
      /^cs-interact: metadata: status 400: No information for instance id 'i-0ab'!: [^\n]+\n$/,
    );
    const refused = await interact(args, { ...credentials, AWS_SECRET_ACCESS_KEY: 'wrong' });
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /^cs-interact: metadata: status 403: The request signature we calculated [^\n]+\n$/,
    );
  });
});

describe('mistakes on the command line', { timeout: 60_000 }, () => {
  const nowhere = ['--admin-socket', '/nonexistent/admin.sock'];
  const cases: [string[], number, RegExp][] = [
    [['sate'], 2, /^cs-interact: unknown command 'sate' \(Did you mean state\?\)\n$/],
    [['serve'], 2, /^cs-interact: required option '--keys <file>' not specified\n$/],
    [['serve', '--keys', '/nonexistent', '--listen', 'x'], 2, /Expected HOST:PORT or \[IPV6\]:PORT\.\n$/],
    [['serve', '--keys', '/nonexistent', '--dialect', 'd3'], 2, /Allowed choices are d0, d1, d2\.\n$/],
    [
      ['serve', '--keys', '/nonexistent'],
      2,
      /^cs-interact: no region, .* give --region or set AWS_REGION\n$/,
    ],
    [
      ['serve', '--keys', '/nonexistent', '--region', region],
      2,
      /^cs-interact: --keys: \/nonexistent: ENOENT[^\n]+\n$/,
    ],
    [['state', 'set', 'i-0ab'], 2, /^cs-interact: missing required argument 'state'\n$/],
    [['state', 'add', 'i-0ab', '--tag', 'x'], 2, /Expected KEY=VALUE\.\n$/],
    [['state', 'get', ...nowhere], 1, /^cs-interact: no server at \/nonexistent\/admin\.sock [^\n]+\n$/],
    [['metadata', '--api-url', 'x', '--region', region], 2, /^cs-interact: --api-url: not a URL: [^\n]+\n$/],
  ];
  for (const [args, status, message] of cases) {
    it(`cs-interact ${args.join(' ')}: ${status}`, async () => {
      const outcome = await interact(args);
      assert.equal(outcome.status, status);
      assert.match(outcome.stderr, message);
      assert.equal(outcome.stdout, '');
    });
  }

  it('a reader that goes away is no failure', async () => {
    const child = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [status] = await once(child, 'close');
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('output that cannot be written is', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    const [status] = await once(child, 'close');
    assert.equal(status, 1);
  });

  it('a current directory that was removed is told of in one line, where it matters', async (test) => {
    const directory = await mkdtemp(join(tmpdir(), 'cs-interact-'));
    test.after(() => rm(directory, { recursive: true, force: true }));
    const keys = join(directory, 'keys.json');
    await writeFile(keys, '{"keys": []}', { mode: 0o600 });
    const inRemoved = (args: string[]) => {
      const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
      return run('sh', ['-c', script, 'sh', process.execPath, program, ...args], {}, directory);
    };
    assert.equal((await inRemoved(['--help'])).stderr, '');
    const serve = ['serve', '--keys', keys, '--region', region, '--listen', '127.0.0.1:0'];
    const removed = 'the current directory was removed: change to another, or give an absolute path\n';
    const noKeys = `cs-interact: ${keys} has no keys: every request will be refused\n`;
    for (const [option, path] of [
      ['--data', 'fleet.json'],
      ['--admin-socket', 'admin.sock'],
      ['--admin-socket', 'run/admin.sock'],
    ] as const) {
      const { status, stderr } = await inRemoved([...serve, option, path]);
      assert.deepEqual([status, stderr], [1, `${noKeys}cs-interact: ${option}: ${removed}`]);
    }
    const state = await inRemoved(['state', 'get', '--admin-socket', 'admin.sock']);
    assert.match(state.stderr, /^cs-interact: no server at admin\.sock [^\n]+\n$/);
    const key = await inRemoved(['serve', '--keys', 'keys.json', '--region', region]);
    assert.match(key.stderr, /^cs-interact: --keys: keys\.json: ENOENT[^\n]+\n$/);
  });

  it('--version is that of the package', async () => {
    const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    assert.deepEqual(await interact(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('serve --help shows a key file that serve accepts', async (test) => {
    const { stdout } = await interact(['serve', '--help']);
    assert.match(stdout, /caller ends in the id of the instance/);
    const example = /^The key file:\n(.*?)\n\n/ms.exec(stdout);
    assert.ok(example, stdout);
    const directory = await mkdtemp(join(tmpdir(), 'cs-interact-'));
    test.after(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'keys.json');
    await writeFile(path, example[1]!, { mode: 0o600 });
    const lookup = openKeyFile(path, assert.fail).lookup('AKIDEXAMPLE');
    assert.deepEqual(kindOfCaller(lookup?.caller ?? ''), { kind: 'instance', instanceId: 'i-0ab' });
  });

  it('--help lists the commands and exits with 0', async () => {
    const { status, stdout, stderr } = await interact(['--help']);
    assert.equal(status, 0);
    assert.equal(stderr, '');
    for (const command of ['serve', 'state', 'metadata'])
      assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
  });
});
