// Everything about the sandbox that may be changed while it runs, and the one checked way of changing it.
import { noSignals, type Signals, signalProblem } from './signals.ts';

export type SandboxState = {
  instance: {
    instanceId: string;
    instanceType: string;
    region: string;
    availabilityZone: string;
    accountId: string;
    partition: string;
    domain: string;
    /** Empty: the instance carries no role. */
    roleName: string;
    tags: Record<string, string>;
  };
  imds: { allowV1: boolean; tagsEnabled: boolean; maxTokenTtlSeconds: number };
  signals: Signals;
  /** Lifetime of role credentials issued from now on. */
  credentials: { lifetimeSeconds: number };
  /** The server's clock against this host's, seen in `Date` and in the verification of signatures. */
  clock: { offsetMs: number };
  permissions: { describeInstances: boolean; invokeFunction: boolean };
  discovery: {
    dialect: Dialect;
    groupName: string;
    /** False: there is no such function. */
    isDeployed: boolean;
    apiUrl: string;
    apiId: string;
    /** Empty: no VPC endpoint. */
    vpcEndpoint: string;
    /** Laid over the generated document; null removes a key. */
    overrides: Record<string, unknown>;
  };
};

export type Dialect = 'd0' | 'd1' | 'd2';

/** Any part of the state. Maps (tags, overrides) and signals are replaced as a whole. */
export type SandboxChange = { readonly [Part in keyof SandboxState]?: Partial<SandboxState[Part]> };

/** A change that names something unknown or of the wrong type. */
export class SandboxChangeError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'SandboxChangeError';
  }
}

/** A t3.small of the group `demo`, tags published, nothing announced, whose API has not been set yet. */
export function initialState(): SandboxState {
  return {
    instance: {
      instanceId: 'i-0123456789abcdef0',
      instanceType: 't3.small',
      region: 'eu-west-1',
      availabilityZone: 'eu-west-1a',
      accountId: '111122223333',
      partition: 'aws',
      domain: 'amazonaws.com',
      roleName: 'watched-instance',
      tags: { Name: 'watched', 'clonesquad:group-name': 'demo' },
    },
    imds: { allowV1: false, tagsEnabled: true, maxTokenTtlSeconds: 21_600 },
    signals: noSignals(),
    credentials: { lifetimeSeconds: 6 * 3600 },
    clock: { offsetMs: 0 },
    permissions: { describeInstances: true, invokeFunction: true },
    discovery: {
      dialect: 'd2',
      groupName: 'demo',
      isDeployed: true,
      apiUrl: 'http://127.0.0.1/v1/',
      apiId: 'sandbox0id',
      vpcEndpoint: '',
      overrides: {},
    },
  };
}

/** A new state with the change laid over. Throws SandboxChangeError; the change may come from outside. */
export function changedState(state: SandboxState, change: unknown): SandboxState {
  const next = structuredClone(state);
  for (const [part, members] of Object.entries(asObject(change, 'state'))) {
    const target = memberOf(next, part, part) as Record<string, unknown>;
    for (const [name, value] of Object.entries(asObject(members, part))) {
      const path = `${part}.${name}`;
      const current = memberOf(target, name, path);
      target[name] =
        part === 'signals' ? checkedSignal(name, value, path) : checkedValue(current, value, path);
    }
  }
  return next;
}

function checkedValue(current: unknown, value: unknown, path: string): unknown {
  if (path === 'discovery.dialect' && !['d0', 'd1', 'd2'].includes(String(value))) {
    throw new SandboxChangeError(path, 'must be d0, d1 or d2');
  }
  if (
    path === 'instance.tags' &&
    !Object.values(asObject(value, path)).every((tag) => typeof tag === 'string')
  ) {
    throw new SandboxChangeError(path, 'must map names to strings');
  }
  if (typeof current === 'object') return structuredClone(asObject(value, path));
  if (typeof value !== typeof current || (typeof value === 'number' && !Number.isFinite(value))) {
    throw new SandboxChangeError(path, `must be a ${typeof current}`);
  }
  return value;
}

function checkedSignal(name: string, value: unknown, path: string): unknown {
  const problem = signalProblem(name as keyof Signals, value);
  if (problem !== undefined) throw new SandboxChangeError(path, problem);
  return structuredClone(value);
}

function memberOf(target: object, name: string, path: string): unknown {
  if (!Object.hasOwn(target, name)) throw new SandboxChangeError(path, 'there is no such setting');
  return (target as Record<string, unknown>)[name];
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SandboxChangeError(path, 'must be a JSON object');
  }
  return value as Record<string, unknown>;
}
