// A scene with AWS around the agent: the sandbox's services on the loopback of the namespace, and the Interaction API behind
// them, which knows the keys that the sandbox gave to the instance's role.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { HandleRequest } from '../../../src/interaction/server/handle-request.ts';
import { createFleet, type Fleet } from '../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { createGateway } from '../../../src/interaction/server/gateway/gateway.ts';
import type { Deployment } from '../../../src/interaction/server/operations/call.ts';
import { openSqliteStore } from '../../../src/interaction/server/store/sqlite-store.ts';
import { type Store, tableNames } from '../../../src/interaction/server/store/store.ts';
import type { Dialect } from '../../../src/interaction/contract/instance-metadata.ts';
import { type SandboxChange, type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';
import { AGENT, type AgentProcess, INSTANCE_ID, REGION } from '../../fixtures/programs.ts';
import type { NamespaceListener } from './namespace-listener.ts';
import { type Outcome, portArguments, Scene, type StartOptions } from './scene.ts';
import type { Reply, ScriptedApi } from './scripted-api.ts';

const API_ID = 'sandbox0id';

export interface AwsSceneOptions {
  readonly state?: SandboxChange;
  readonly dialect?: Dialect;
  /** More listening sockets in the namespace. */
  readonly sockets?: number;
}

export class AwsScene {
  readonly scene: Scene;
  readonly sandbox: SandboxHandle;
  /** The fleet of which the API speaks. */
  readonly fleet: Fleet;
  /** The answer of the API that works. */
  readonly working: Reply;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #metadata: Server;

  private constructor(scene: Scene, sandbox: SandboxHandle, dialect: Dialect, store: Store) {
    this.scene = scene;
    this.sandbox = sandbox;
    const nowMs = () => Date.now() + sandbox.state().clock.offsetMs;
    this.fleet = createFleet(store, nowMs);
    const lookup = (accessKeyId: string) => {
      const key = sandbox.lookup(accessKeyId);
      return key && { ...key, caller: key.userId, userArn: key.arn, allow: ['GET/metadata'], deny: [] };
    };
    const deployment: Deployment = {
      ...{ dialect, group: 'demo', accountId: '111111111111', region: REGION, apiId: API_ID },
      ...{ apiUrl: scene.api.url, queueUrl: `${scene.api.url}queue`, tables: tableNames('demo') },
      ...{ backupPath: null, reportPath: null },
    };
    this.working = throughGateway(
      createGateway({ deployment, store, lookup, onlyApiId: API_ID, nowMs }),
      nowMs,
    );
    scene.api.reply = this.working;
    const [imds, aws] = scene.listeners;
    relay(imds!.socket, sandbox.imdsUrl);
    relay(aws!.socket, sandbox.awsUrl);
    this.#metadata = imds!.socket;
    this.#environment = {
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${imds!.port}`,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${aws!.port}`,
    };
  }

  /** An instance of the group `demo` whose API says `running`. */
  static async create(t: TestContext, options: AwsSceneOptions = {}): Promise<AwsScene> {
    const { state = {}, dialect = 'd2', sockets = 0 } = options;
    const scene = await Scene.create(t, sockets + 2);
    const sandbox = await startSandbox({
      state: {
        ...state,
        instance: { instanceId: INSTANCE_ID, region: REGION, ...state.instance },
        discovery: { dialect, apiUrl: scene.api.url, apiId: API_ID, ...state.discovery },
      },
    });
    t.after(() => sandbox.close());
    const store = await openSqliteStore({ path: ':memory:', group: 'demo' });
    t.after(() => store.close());
    const aws = new AwsScene(scene, sandbox, dialect, store);
    await aws.fleet.add(
      parseFleetInstance({ id: INSTANCE_ID, name: 'web', type: 't3.small', az: `${REGION}a`, status: 'ok' }),
    );
    return aws;
  }

  get api(): ScriptedApi {
    return this.scene.api;
  }

  /** The sockets that were asked for. */
  get sockets(): readonly NamespaceListener[] {
    return this.scene.listeners.slice(2);
  }

  /** Starts an agent that has to find out everything, polls every second. */
  start(args: readonly string[] = [], options: StartOptions = {}): AgentProcess {
    return this.scene.startWith(['--api-polling-period', '1', ...portArguments(), ...args], {
      ...options,
      env: { ...this.#environment, ...options.env },
    });
  }

  /** Runs the agent's program with these arguments to its end; `wrapper` is a command that becomes it. */
  program(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ): Promise<Outcome> {
    const [command = AGENT, ...words] = [...wrapper, AGENT, ...args];
    return this.scene.try(command, words, { ...this.#environment, ...env });
  }

  /** How often an operation was asked for, by `service operation`. */
  asked(operation: string): number {
    return this.sandbox.requests().operations[operation] ?? 0;
  }

  /** No secret that the sandbox has handed out may be in a log. */
  keepSecrets(): void {
    for (const { secretAccessKey, sessionToken } of this.sandbox.issuedKeys()) {
      this.scene.secrets.add(secretAccessKey).add(sessionToken);
    }
  }

  /** The metadata service resets every connection until the returned function is called. */
  cutMetadata(): () => void {
    const { imdsUrl } = this.sandbox;
    this.#metadata.removeAllListeners('connection');
    this.#metadata.on('connection', (socket) => socket.resetAndDestroy());
    return () => {
      this.#metadata.removeAllListeners('connection');
      relay(this.#metadata, imdsUrl);
    };
  }
}

function throughGateway(handle: HandleRequest, nowMs: () => number): Reply {
  return (request, response) => {
    response.setHeader('date', new Date(nowMs()).toUTCString());
    // One of an agent that was killed meanwhile may find the store closed.
    answerThrough(handle, request, response).catch(() => response.destroy());
  };
}

async function answerThrough(
  handle: HandleRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = new URL(request.url!, 'http://api');
  const { status, headers, body } = await handle({
    method: request.method!,
    rawPath: target.pathname,
    rawQuery: target.search.slice(1),
    headers: pairs(request.rawHeaders),
    body: await buffer(request),
  });
  response.writeHead(status, { ...headers }).end(body);
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]!]] : []));
}

/** Joins every connection to a service outside the namespace. */
function relay(from: Server, to: string): void {
  const { hostname, port } = new URL(to);
  from.on('connection', (near) => {
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.resetAndDestroy()).on('close', () => near.destroy());
  });
}
