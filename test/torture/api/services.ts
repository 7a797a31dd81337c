// Faults of the services of AWS: metadata and credentials, the clock of those who verify signatures, discovery.
import type { Fault as ServiceFault, SandboxChange, SandboxService } from '../../../src/sandbox/sandbox.ts';
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault } from './fault.ts';

const MINUTE_MS = 60_000;
const ROLE = 'GET meta-data/iam/security-credentials';

export function service(name: SandboxService, fault: ServiceFault) {
  return ({ aws: { sandbox } }: ApiWorld) => {
    sandbox.setFault(name, fault);
    return () => sandbox.setFault(name, undefined);
  };
}

/** The keys in hand are dead, and the metadata service has no others to give. */
function keysEndAnd(fault: ServiceFault) {
  return (world: ApiWorld) => {
    const heal = service('imds', fault)(world);
    world.aws.keepSecrets();
    world.aws.sandbox.expireKeys();
    return heal;
  };
}

function changed(before: SandboxChange, after: SandboxChange) {
  return ({ aws: { sandbox } }: ApiWorld) => {
    sandbox.change(before);
    return () => sandbox.change(after);
  };
}

const clock = (offsetMs: number) => changed({ clock: { offsetMs } }, { clock: { offsetMs: 0 } });

/** The keys end after the poll was signed with them, once. */
function keysEndInPoll({ front, aws }: ApiWorld) {
  const working = front.reply;
  front.reply = (request, response) => {
    front.reply = working;
    aws.keepSecrets();
    aws.sandbox.expireKeys();
    working(request, response);
  };
  return () => {
    front.reply = working;
  };
}

const credentialFaults: readonly Fault[] = [
  { name: 'token expires in the middle of a poll', inject: keysEndInPoll, line: null },
  { name: 'clock 20 minutes slow, then right', inject: clock(20 * MINUTE_MS), line: null },
  { name: 'clock 20 minutes fast, then right', inject: clock(-20 * MINUTE_MS), line: null },
  {
    name: 'metadata service down, keys good',
    inject: service('imds', { kind: 'reset' }),
    line: null,
  },
  {
    name: 'credential endpoint resets, keys expired',
    inject: keysEndAnd({ kind: 'reset', operation: ROLE }),
    line: /\((credentials|unauthorized-token)\): /,
  },
  {
    name: 'credential endpoint answers 500, keys expired',
    inject: keysEndAnd({ kind: 'status', status: 500, operation: ROLE }),
    line: /\((credentials|unauthorized-token)\): /,
  },
  {
    name: 'credential endpoint hangs, keys expired',
    inject: keysEndAnd({ kind: 'hang', operation: ROLE }),
    line: /\((credentials|unauthorized-token)\): /,
    hangs: true,
  },
  {
    name: 'hop limit: the token never arrives, keys expired',
    inject: keysEndAnd({ kind: 'hang', operation: 'PUT api/token' }),
    line: /\((credentials|unauthorized-token)\): /,
    hangs: true,
  },
];

export const credentialFamily: Family = { name: 'credentials and clock', faults: credentialFaults };

const STALE = ['context-stale', 'context-refreshed'] as const;

function discovery(name: string, fault: ServiceFault, line: RegExp, hangs?: true): Fault {
  const inject = service('lambda', fault);
  return { name, inject, line, events: STALE, ...(hangs === undefined ? {} : { hangs }), extraMs: 1_000 };
}

/** The context is read again every second; a refresh that is due after a failure waits a period more. */
const discoveryFaults: readonly Fault[] = [
  discovery('discovery FunctionError', { kind: 'function-error' }, /asked for by the sandbox/),
  discovery('discovery answers 500', { kind: 'status', status: 500 }, /not refreshed/),
  discovery('discovery hangs', { kind: 'hang' }, /not refreshed/, true),
  discovery('discovery answers HTML', { kind: 'body', body: '<html>' }, /did not answer a JSON object/),
  {
    name: 'the address of the API changes',
    inject: ({ aws: { sandbox }, front, elsewhere }) => {
      front.onConnection = (socket) => void socket.resetAndDestroy();
      front.drop();
      return () => {
        sandbox.change({ discovery: { apiUrl: elsewhere.url } });
      };
    },
    line: /\(transport\): /,
    // The context is at most a second old, and what it was refreshed to is taken up by the poll after.
    extraMs: 2_000,
  },
];

export const discoveryFamily: Family = {
  name: 'discovery',
  args: ['--stale-context-timeout', '1'],
  faults: discoveryFaults,
};
