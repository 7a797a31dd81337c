// `cs-interact serve` as its users have it: the program, a client nobody here wrote (curl), operators' commands, a kill.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listedOperationNames } from '../../../src/interaction/contract/operations.ts';
import { kindOfCaller } from '../../../src/interaction/server/gateway/caller.ts';
import { startDynalite } from '../../fixtures/dynalite.ts';
import { openKeyFile } from '../../../src/interaction/server/keys/key-file.ts';

const program = fileURLToPath(new URL('../../../src/bin/cs-interact.ts', import.meta.url));
const region = 'eu-west-3';
const accessKeyId = 'AKIDEXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const key = {
  accessKeyId,
  secretAccessKey,
  caller: 'AROAEXAMPLE:i-0ab',
  userArn: 'arn:aws:sts::111111111111:assumed-role/Role/i-0ab',
  allow: ['*'],
};
const listing = listedOperationNames('d2').join('\n');

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
    const data = join(this.directory, 'fleet.db');
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
    assert.deepEqual(await deployment.curl('/v1/'), { status: 200, body: listing });

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
    const data = join(deployment.directory, 'fresh.db');
    const fresh = ['--data', data];
    const busy = await interact([...serve, ...socket, ...fresh, '--listen', `127.0.0.1:${port}`]);
    const reason = 'the port is in use: stop what listens there, or give another port';
    assert.deepEqual(busy, {
      status: 1,
      stdout: '',
      stderr: `cs-interact: --listen 127.0.0.1:${port}: ${reason}\n`,
    });
    const used = ['--admin-socket', deployment.socket, '--listen', '127.0.0.1:0'];
    assert.equal((await interact([...serve, ...fresh, ...used])).status, 75);
    await assert.rejects(stat(data), { code: 'ENOENT' }, 'a start that fails leaves no database');
    await chmod(deployment.keys, 0o606);
    const unsafe = await interact([...serve, ...socket, '--listen', '127.0.0.1:0']);
    assert.equal(unsafe.status, 2);
    assert.match(
      unsafe.stderr,
      /^cs-interact: --keys: .* is writable by others, who could add keys [^\n]+\n$/,
    );
  });

  it('names the directory that is missing, for the fleet and for the socket', async (test) => {
    const { keys, socket } = await deploy(test);
    const serve = ['serve', '--keys', keys, '--region', region, '--listen', '127.0.0.1:0'];
    const other = ['--admin-socket', `${socket}2`];
    assert.deepEqual(await interact([...serve, ...other, '--data', '/nonexistent/f']), {
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

  it('speaks HTTPS with the files given, and says what others are to call it', async (test) => {
    const fixture = (name: string) =>
      fileURLToPath(new URL(`../../unit/interaction/server/fixtures/${name}.pem`, import.meta.url));
    const tls = ['--tls-cert', fixture('first.cert'), '--tls-key', fixture('first.key')];
    const deployment = await deploy(
      test,
      ...tls,
      '--listen',
      '0.0.0.0:0',
      '--public-url',
      'https://api.example/v1',
    );
    const { port } = new URL(deployment.origin);
    assert.equal(deployment.origin, `https://0.0.0.0:${port}`);
    assert.doesNotMatch(deployment.stderr, /not encrypted/);
    deployment.origin = `https://127.0.0.1:${port}`;
    const trusted = ['--cacert', fixture('first.cert')];
    const { status, body } = await deployment.curl('/v1/discovery', secretAccessKey, trusted);
    assert.equal(status, 200, body);
    const { discovery } = JSON.parse(body) as { discovery: Record<string, string> };
    assert.equal(discovery.InteractAPIGWUrl, 'https://api.example/v1/');
    const queue = 'https://api.example/111111111111/CloneSquad-Interact-default';
    assert.equal(discovery.InteractQueue, queue, 'the account is the one of the keys');
    assert.match(discovery.InteractApi!, /^[0-9a-z]{10}$/);
  });

  it('performs messages to its queue, and says which it dropped', async (test) => {
    const deployment = await deploy(test);
    const queue = '/111111111111/CloneSquad-Interact-default';
    const send = (message: string) =>
      deployment.curl(queue, secretAccessKey, [
        ...['--aws-sigv4', `aws:amz:${region}:sqs`, '--data', 'Action=SendMessage'],
        ...['--data-urlencode', `MessageBody=${message}`],
      ]);
    assert.equal((await send('{"OpType":"notify/ackevent","Events":[]}')).status, 200);
    assert.equal(deployment.stderr, '');
    assert.equal((await send('{"OpType":"backups"}')).status, 200);
    await deployment.said(
      /^cs-interact: \S+ dropped a message to the queue from arn:aws:sts::111111111111:assumed-role\/Role\/i-0ab: its OpType "backups" is no operation\n$/,
    );
  });

  it('refuses what no rule of a key allows', async (test) => {
    const deployment = await deploy(test);
    const { allow: _, ...watcher } = key;
    await writeFile(deployment.keys, JSON.stringify({ keys: [watcher] }));
    assert.equal((await deployment.curl('/v1/metadata')).status, 400);
    const { status, body } = await deployment.curl('/v1/configuration');
    assert.equal(status, 403);
    assert.match(
      body,
      /^\{"Message":"User: .* is not authorized to perform: execute-api:Invoke on resource: arn:/,
    );
    await deployment.said(/access key id AKIDEXAMPLE: not-allowed\n$/);
  });

  it('shares DynamoDB tables with another server', async (test) => {
    const dynalite = await startDynalite();
    test.after(() => dynalite.close());
    const env = {
      ...{ AWS_ENDPOINT_URL_DYNAMODB: dynalite.url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const { keys, socket } = await deploy(test);
    const args = ['serve', '--keys', keys, '--region', region, '--listen', '127.0.0.1:0', '--dynamodb'];
    const missing = await interact([...args, '--admin-socket', `${socket}0`], env);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /^cs-interact: --dynamodb: [^\n]*--create-tables[^\n]*\n$/);
    const origins: string[] = [];
    for (const [name, more] of [
      ['1', ['--create-tables']],
      ['2', []],
    ] as const) {
      const child = spawn(
        process.execPath,
        [program, ...args, ...more, '--admin-socket', `${socket}${name}`],
        {
          env: { PATH: process.env.PATH, ...env },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      test.after(() => child.kill('SIGKILL'));
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      origins.push((JSON.parse(line) as { listening: string }).listening);
    }
    const signing = [
      '--aws-sigv4',
      `aws:amz:${region}:execute-api`,
      '--user',
      `${accessKeyId}:${secretAccessKey}`,
    ];
    const ask = (origin: string, ...more: string[]) =>
      run('curl', ['--silent', ...signing, ...more, `${origin}/v1/configuration/some.key`]);
    assert.equal((await ask(origins[0]!, '--data', 'é')).stdout, 'é');
    assert.equal((await ask(origins[1]!)).stdout, 'é');
  });

  it('says that without a database nothing is kept', async (test) => {
    const { keys, socket } = await deploy(test);
    const args = ['serve', '--keys', keys, '--region', region, '--listen', '127.0.0.1:0'];
    const child = spawn(process.execPath, [program, ...args, '--admin-socket', `${socket}2`]);
    test.after(() => child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stderr), 'line')) as [string];
    assert.equal(line, 'cs-interact: nothing is kept when the server ends: give --data FILE to keep it');
  });

  it('with --api-id refuses requests for another API', async (test) => {
    const deployment = await deploy(test, '--api-id', 'a1');
    const forApi = (id: string) =>
      deployment.curl('/v1/', secretAccessKey, ['--header', `x-apigw-api-id: ${id}`]);
    assert.deepEqual(await forApi('a1'), { status: 200, body: listing });
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
      join(deployment.directory, 'fleet.db'),
      '--admin-socket',
      `${deployment.socket}2`,
    ];
    const third = await interact([...serve, ...data]);
    assert.equal(third.status, 75);
    assert.match(third.stderr, /^cs-interact: --data: .* is in use by a running server; [^\n]+\n$/);
  });
});

describe('cs-interact key', { timeout: 120_000 }, () => {
  it('makes a key that a running server accepts, shows it without its secret, and takes it away', async (test) => {
    const deployment = await deploy(test);
    const file = ['--keys', deployment.keys];
    const allow = ['--allow', 'GET/', 'GET/configuration*', '--deny', '*/configuration/a'];
    const made = await interact([
      'key',
      'create',
      ...file,
      '--user',
      'ops',
      ...allow,
      '--expires-in',
      '1h',
      '--output',
      'env',
    ]);
    assert.deepEqual([made.status, made.stderr], [0, '']);
    const match = /^AWS_ACCESS_KEY_ID=(AKIA[A-Z2-7]{16})\nAWS_SECRET_ACCESS_KEY=([A-Za-z0-9+/]{40})\n$/.exec(
      made.stdout,
    );
    assert.ok(match, made.stdout);
    const [, id, secret] = match as unknown as [string, string, string];
    const ask = (path: string) => deployment.curl(path, secret, ['--user', `${id}:${secret}`]);
    assert.equal((await ask('/v1/')).status, 200);
    assert.equal((await ask('/v1/configuration/a')).status, 403);
    assert.equal((await ask('/v1/metadata')).status, 403);

    const shown = await interact(['key', 'list', ...file]);
    assert.ok(!shown.stdout.includes(secret) && !shown.stdout.includes(secretAccessKey));
    const listed = JSON.parse(shown.stdout) as Record<string, unknown>[];
    const [, { accessKeyId: shownId, userArn, deny, expiresAt } = {}] = listed;
    assert.deepEqual(
      [shownId, userArn, deny],
      [id, 'arn:aws:iam::111111111111:user/ops', ['*/configuration/a']],
      'of the account of the other keys',
    );
    assert.ok(Math.abs(Date.parse(String(expiresAt)) - Date.now() - 3_600_000) < 60_000);

    assert.equal((await interact(['key', 'remove', id, ...file])).status, 0);
    assert.equal((await ask('/v1/')).status, 403);
    const again = await interact(['key', 'remove', id, ...file]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /^cs-interact: the file has no key of that id: [^\n]+\n$/);
  });

  it('makes the file, for an agent, in the form that its reader asks for', async (test) => {
    const directory = await mkdtemp(join(tmpdir(), 'cs-interact-'));
    test.after(() => rm(directory, { recursive: true, force: true }));
    const keys = join(directory, 'keys.json');
    const create = ['key', 'create', '--keys', keys, '--instance-id', 'i-0ab'];
    const made = JSON.parse((await interact(create)).stdout) as Record<string, string>;
    const file = openKeyFile(keys, assert.fail);
    assert.equal(file.lookup(made.accessKeyId!)?.secretAccessKey, made.secretAccessKey);
    const evaluated = await run('sh', [
      '-c',
      'eval "$("$@")" && sh -c \'echo "$AWS_ACCESS_KEY_ID"\'',
      'sh',
      process.execPath,
      program,
      ...create,
      '--output',
      'export',
    ]);
    assert.deepEqual(kindOfCaller(file.lookup(evaluated.stdout.trim())!.caller), {
      kind: 'instance',
      instanceId: 'i-0ab',
    });
    const powerless = await interact(['key', 'create', '--keys', keys, '--user', 'ops']);
    assert.match(
      powerless.stderr,
      /^cs-interact: the key is of account 000000000000: [^\n]+\ncs-interact: the key may nothing yet: [^\n]+\n$/,
    );
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
      /^cs-interact: --keys: \/nonexistent does not exist: make it with cs-interact key create [^\n]+\n$/,
    ],
    [
      ['serve', '--keys', 'x', '--dynamodb', '--data', 'y'],
      2,
      /^cs-interact: option '--dynamodb' cannot be used with/,
    ],
    [['serve', '--keys', 'x', '--public-url', 'https://a/b'], 2, /Expected scheme, host and port alone: /],
    [
      ['serve', '--keys', 'x', '--public-url', 'a'],
      2,
      /Expected a URL such as https:\/\/api\.example\.com\.\n$/,
    ],
    [['serve', '--keys', 'x', '--account', '1'], 2, /Expected 12 digits\.\n$/],
    [
      ['serve', '--keys', 'x', '--group', 'a b'],
      2,
      /Expected letters, digits, hyphens and underscores, [^\n]+\n$/,
    ],
    [
      ['serve', '--keys', 'x', '--region', region, '--tls-cert', 'y'],
      2,
      /^cs-interact: --tls-cert and --tls-key belong together: [^\n]+\n$/,
    ],
    [
      ['serve', '--keys', 'x', '--region', region, '--tls-cert', '/nonexistent', '--tls-key', 'y'],
      2,
      /^cs-interact: --tls-cert: \/nonexistent: ENOENT[^\n]+; correct the file or give another\n$/,
    ],
    [['key', 'create', '--keys', '/nonexistent/k'], 2, /^cs-interact: whom is the key for\? [^\n]+\n$/],
    [
      ['key', 'create', '--keys', 'x', '--user', 'a', '--allow', 'get/x'],
      2,
      /the method must be GET, POST or \*\.\n$/,
    ],
    [
      ['key', 'create', '--keys', 'x', '--user', 'a', '--instance-id', 'i-0'],
      2,
      /cannot be used with option/,
    ],
    [
      ['key', 'create', '--keys', '/nonexistent/k', '--instance-id', 'i-0'],
      1,
      /^cs-interact: --keys: the directory \/nonexistent does not exist: [^\n]+\n$/,
    ],
    [
      ['key', 'list', '--keys', '/nonexistent'],
      1,
      /^cs-interact: --keys: \/nonexistent: there is no such file\n$/,
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
    const serve = [
      ...['serve', '--keys', keys, '--region', region, '--listen', '127.0.0.1:0'],
      ...['--admin-socket', join(directory, 'admin.sock')],
    ];
    const removed = 'the current directory was removed: change to another, or give an absolute path\n';
    const noKeys = `cs-interact: ${keys} has no keys: every request will be refused\n`;
    for (const [option, path] of [
      ['--data', 'fleet.db'],
      ['--admin-socket', 'admin.sock'],
      ['--admin-socket', 'run/admin.sock'],
    ] as const) {
      const { status, stderr } = await inRemoved([...serve, option, path]);
      assert.deepEqual([status, stderr], [1, `${noKeys}cs-interact: ${option}: ${removed}`]);
    }
    const state = await inRemoved(['state', 'get', '--admin-socket', 'admin.sock']);
    assert.match(state.stderr, /^cs-interact: no server at admin\.sock [^\n]+\n$/);
    const key = await inRemoved(['serve', '--keys', 'keys.json', '--region', region]);
    assert.equal(key.stderr, `cs-interact: --keys: ${removed}`);
  });

  it('--version is that of the package', async () => {
    const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    assert.deepEqual(await interact(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('serve --help shows a key file that serve accepts', async (test) => {
    const { stdout } = await interact(['serve', '--help']);
    assert.match(stdout, /A key stands for the instance that its instanceId names/);
    const example = /^The key file, which [^\n]*:\n(.*?)\n\n/ms.exec(stdout);
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
