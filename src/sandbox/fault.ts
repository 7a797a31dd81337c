// What can be made to go wrong with a service of the sandbox, while it runs.

export type SandboxService = 'imds' | 'sts' | 'ec2' | 'lambda';

export const sandboxServices: readonly SandboxService[] = ['imds', 'sts', 'ec2', 'lambda'];

export type FaultKind = 'status' | 'body' | 'hang' | 'hang-in-body' | 'reset' | 'function-error' | 'latency';

/**
 * `status`: answers it, with `body` or empty. `body`: answers 200 with `body`. `hang`: accepts the request, never answers.
 * `hang-in-body`: sends headers and half a body, never the rest. `reset`: resets the connection. `function-error`: the
 * Lambda function fails (`body` is its payload). `latency`: answers as usual. `latencyMs` comes before any of them.
 */
export type Fault = {
  readonly kind: FaultKind;
  readonly status?: number;
  readonly body?: string;
  readonly latencyMs?: number;
  /** Only operations that start with this, such as `GET meta-data/tags`, `Invoke`. */
  readonly operation?: string;
  /** How many requests it strikes before it is over; unlimited unless told. */
  readonly times?: number;
};

const kinds: readonly string[] = [
  'status',
  'body',
  'hang',
  'hang-in-body',
  'reset',
  'function-error',
  'latency',
] satisfies FaultKind[];

const memberTypes: Readonly<Record<string, 'string' | 'number'>> = {
  kind: 'string',
  status: 'number',
  body: 'string',
  latencyMs: 'number',
  operation: 'string',
  times: 'number',
};

/** A fault from outside, checked. Throws an Error that names what is wrong. */
export function toFault(service: SandboxService, value: unknown): Fault {
  if (typeof value !== 'object' || value === null) throw new Error('fault: must be a JSON object');
  const members = value as Record<string, unknown>;
  for (const [name, member] of Object.entries(members)) {
    const expected = Object.hasOwn(memberTypes, name) ? memberTypes[name] : undefined;
    if (expected === undefined) throw new Error(`fault.${name}: there is no such setting`);
    if (typeof member !== expected) throw new Error(`fault.${name}: must be a ${expected}`);
  }
  if (!kinds.includes(String(members.kind)))
    throw new Error(`fault.kind: must be one of ${kinds.join(', ')}`);
  if (members.kind === 'function-error' && service !== 'lambda') {
    throw new Error('fault.kind: function-error is for lambda only');
  }
  if (members.kind === 'status' && !isStatus(members.status))
    throw new Error('fault.status: must be from 200 to 599');
  return { ...(value as Fault) };
}

/** The faults in force, one a service. */
export type FaultBoard = {
  set(service: SandboxService, fault: Fault | undefined): void;
  all(): Partial<Record<SandboxService, Fault>>;
  /** The fault that strikes this operation, counted off. */
  take(service: SandboxService, operation: string): Fault | undefined;
};

/** A board without faults. */
export function createFaultBoard(): FaultBoard {
  const faults = new Map<SandboxService, Fault>();
  return {
    set(service, fault) {
      if (fault === undefined) faults.delete(service);
      else faults.set(service, fault);
    },
    all: () => Object.fromEntries(faults),
    take(service, operation) {
      const fault = faults.get(service);
      if (fault === undefined || !operation.startsWith(fault.operation ?? '')) return undefined;
      if (fault.times !== undefined) {
        if (fault.times <= 1) faults.delete(service);
        else faults.set(service, { ...fault, times: fault.times - 1 });
      }
      return fault;
    },
  };
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
}
