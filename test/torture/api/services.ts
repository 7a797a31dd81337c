// Faults of the services of AWS: metadata and credentials, discovery.
import type { Fault as ServiceFault, SandboxService } from '../../../src/sandbox/sandbox.ts';
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault } from './fault.ts';

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

const SHORT_LIFE_SECONDS = 6;
const USUAL_LIFE_SECONDS = 6 * 3600;

/** The keys in hand end by themselves while the endpoint is down: six seconds stand for their six hours. */
function keysRunOut(fault: ServiceFault) {
  return async (world: ApiWorld) => {
    const { sandbox } = world.aws;
    world.aws.keepSecrets();
    sandbox.change({ credentials: { lifetimeSeconds: SHORT_LIFE_SECONDS } });
    sandbox.expireKeys();
    // The next poll is refused and takes up the short-lived ones.
    const from = world.agent.log.lines.length;
    await world.agent.log.waitFor(({ event, answer }) => event === 'polled' && answer === 'known', from);
    await world.polls(1);
    sandbox.setFault('imds', fault);
    return () => {
      sandbox.change({ credentials: { lifetimeSeconds: USUAL_LIFE_SECONDS } });
      sandbox.setFault('imds', undefined);
    };
  };
}

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

export const credentialFamily: Family = { name: 'credentials', faults: credentialFaults };

/** For so long that the keys in hand end; `polls` of a second each. */
export function outageFamily(polls: number): Family {
  // The context, which cannot be refreshed either, has a line of its own once it is stale.
  const args = ['--stale-context-timeout', '86400'];
  return { name: 'credential outage', args, faults: outageFaults(polls) };
}

const outageFaults = (polls: number): readonly Fault[] => [
  {
    name: `credential endpoint down for ${polls} s, keys run out`,
    inject: keysRunOut({ kind: 'reset', operation: ROLE }),
    line: /\(credentials\): /,
    pollsHeld: polls,
  },
  {
    name: `metadata service silent for ${polls} s, keys run out`,
    inject: keysRunOut({ kind: 'hang' }),
    line: /\(credentials\): /,
    hangs: true,
    // Each waits for the 2 s that a read may take, and for its slot.
    pollsHeld: Math.ceil(polls / 3),
  },
];

const STALE = ['context-stale', 'context-refreshed'] as const;

function discovery(name: string, fault: ServiceFault, line: RegExp, hangs?: true): Fault {
  const inject = service('lambda', fault);
  return { name, inject, line, events: STALE, ...(hangs === undefined ? {} : { hangs }), extraMs: 1_000 };
}

/** What discovery said is gone for good, and discovery says another address when it is over. */
const moved: Fault = {
  name: 'the address of the API changes',
  inject: ({ aws: { sandbox }, front, elsewhere }) => {
    const [gone, next] =
      sandbox.state().discovery.apiUrl === front.url ? [front, elsewhere] : [elsewhere, front];
    gone.onConnection = (socket) => void socket.resetAndDestroy();
    gone.drop();
    return () => {
      next.onConnection = undefined;
      sandbox.change({ discovery: { apiUrl: next.url } });
    };
  },
  line: /\(transport\): /,
  // The context is at most a second old, and what it was refreshed to is taken up by the poll after.
  extraMs: 2_000,
};

/** The context is read again every second; a refresh that is due after a failure waits a period more. */
const discoveryFaults: readonly Fault[] = [
  discovery('discovery FunctionError', { kind: 'function-error' }, /asked for by the sandbox/),
  discovery('discovery answers 500', { kind: 'status', status: 500 }, /not refreshed/),
  discovery('discovery hangs', { kind: 'hang' }, /not refreshed/, true),
  discovery('discovery answers HTML', { kind: 'body', body: '<html>' }, /did not answer a JSON object/),
  moved,
];

export const rarelyDiscovered: Family = {
  name: 'discovery, context kept as long as usual',
  faults: [
    {
      ...moved,
      name: 'the address of the API changes, context not stale',
      // The address in hand is doubted no more often than once a minute: a whole fleet would ask for it.
      extraMs: 62_000,
    },
  ],
};

export const discoveryFamily: Family = {
  name: 'discovery',
  args: ['--stale-context-timeout', '1'],
  faults: discoveryFaults,
};
