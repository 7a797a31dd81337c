// The one table of the Interaction API's operations. Client methods, commands, help, server routes, the listing and the
// README's table derive from it.
import type { Dialect } from './instance-metadata.ts';

/** Where an operation can be asked for: API Gateway answers, the queue only accepts. */
export type Transport = 'api-gateway' | 'queue';

export type Method = 'GET' | 'POST';

/** A query parameter. Names are case-sensitive on the wire; unknown ones are ignored there. */
export interface Parameter {
  readonly name: string;
  readonly dialects: readonly Dialect[];
  /** What may be given, in the words of help. */
  readonly values: string;
  readonly summary: string;
}

export interface Operation {
  /** As the running system registers it: lower case, no outer slashes; empty for the listing. A regular expression when it has parentheses. */
  readonly name: string;
  readonly dialects: readonly Dialect[];
  /** The release of CloneSquad that brought it, where it was not there from the start. */
  readonly since?: string;
  /** The first release without it. */
  readonly until?: string;
  readonly transports: readonly Transport[];
  /** The documented methods, the preferred one first. Dispatch ignores the method unless the operation has two. */
  readonly methods: readonly [Method, ...Method[]];
  readonly parameters: readonly Parameter[];
  /** What a POST or a queue message carries. `line`: text up to the first newline; `document`: JSON, or YAML with `format=yaml`. */
  readonly request: 'none' | 'line' | 'document' | 'json';
  /** What comes back over API Gateway, whatever the content type says. */
  readonly answer: 'none' | 'text' | 'json' | 'document';
  /** One line, without a full stop. */
  readonly summary: string;
  /** The commands of cs-interact that ask for it. */
  readonly commands: readonly string[];
}

const all: readonly Dialect[] = ['d0', 'd1', 'd2'];
const flat: readonly Dialect[] = ['d1', 'd2'];
const latest: readonly Dialect[] = ['d2'];

const durationValues = 'whole seconds, or unit=number,... in weeks to milliseconds';
const trueOrFalse = 'true or false';

const format = {
  name: 'format',
  dialects: all,
  values: 'json or yaml',
  summary: 'of the document',
} as const satisfies Parameter;
const restore = {
  name: 'restore',
  dialects: latest,
  values: trueOrFalse,
  summary: 'also delete what the document does not have',
} as const satisfies Parameter;
const ttl = {
  name: 'ttl',
  dialects: latest,
  values: durationValues,
  summary: 'after which the value is gone',
} as const satisfies Parameter;

export const operations = {
  listing: {
    name: '',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'text',
    summary: 'the operations of the API',
    commands: ['operations'],
  },
  metadata: {
    name: 'metadata',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [
      { name: 'instanceid', dialects: flat, values: 'an instance id', summary: 'in place of the caller' },
    ],
    request: 'none',
    answer: 'json',
    summary: 'what is known of the calling instance',
    commands: ['metadata'],
  },
  allMetadatas: {
    name: 'allmetadatas',
    dialects: ['d0'],
    until: 'v0.1.0',
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'json',
    summary: 'what is known of every instance of the group, by id',
    commands: ['fleet list'],
  },
  fleetMetadata: {
    name: 'fleet/metadata',
    dialects: flat,
    since: 'v0.1.0',
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'json',
    summary: 'what is known of every instance of the group',
    commands: ['fleet list'],
  },
  fleetStatus: {
    name: 'fleet/status',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'json',
    summary: 'how much of the fleet runs and serves',
    commands: ['fleet status'],
  },
  discovery: {
    name: 'discovery',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'json',
    summary: "the deployment's resources, and who is asking",
    commands: ['discover'],
  },
  configuration: {
    name: 'configuration',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET', 'POST'],
    parameters: [
      format,
      { name: 'unstable', dialects: all, values: trueOrFalse, summary: 'show keys that are not stable, too' },
      {
        name: 'raw',
        dialects: flat,
        values: trueOrFalse,
        summary: 'show the table alone, as it can be loaded again',
      },
      {
        name: 'with_maintenance_window',
        dialects: latest,
        values: trueOrFalse,
        summary: 'with its changes applied',
      },
      restore,
    ],
    request: 'document',
    answer: 'document',
    summary: 'the whole configuration; POST merges a document into it',
    commands: ['config dump', 'config load'],
  },
  configurationKey: {
    name: 'configuration/(.*)',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET', 'POST'],
    parameters: [
      {
        name: 'with_maintenance_window',
        dialects: latest,
        values: trueOrFalse,
        summary: 'with its changes applied',
      },
      ttl,
    ],
    request: 'line',
    answer: 'text',
    summary: 'one configuration key; POST writes it',
    commands: ['config get', 'config set', 'config unset'],
  },
  scheduler: {
    name: 'scheduler',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET', 'POST'],
    parameters: [format, restore],
    request: 'document',
    answer: 'document',
    summary: 'all scheduled actions; POST merges a document into them',
    commands: ['schedule list', 'schedule dump', 'schedule load'],
  },
  schedulerKey: {
    name: 'scheduler/(.*)',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET', 'POST'],
    parameters: [ttl],
    request: 'line',
    answer: 'text',
    summary: 'one scheduled action; POST writes it',
    commands: ['schedule get', 'schedule set', 'schedule unset'],
  },
  sentMetrics: {
    name: 'cloudwatch/sentmetrics',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'json',
    summary: 'the metrics last sent to CloudWatch',
    commands: ['cloudwatch sentmetrics'],
  },
  metricCache: {
    name: 'cloudwatch/metriccache',
    dialects: all,
    transports: ['api-gateway'],
    methods: ['GET'],
    parameters: [],
    request: 'none',
    answer: 'json',
    summary: 'the metrics last read from CloudWatch',
    commands: ['cloudwatch metriccache'],
  },
  controlInstances: {
    name: 'control/instances/(unstoppable|unstartable)',
    dialects: latest,
    since: 'v0.16.0',
    transports: ['api-gateway'],
    methods: ['GET', 'POST'],
    parameters: [
      {
        name: 'mode',
        dialects: latest,
        values: 'add or delete',
        summary: 'what to do; without, the list is only shown',
      },
      {
        name: 'instanceids',
        dialects: latest,
        values: 'ids, comma-separated, or all',
        summary: 'which, by id',
      },
      {
        name: 'instancenames',
        dialects: latest,
        values: 'names, comma-separated',
        summary: 'which, by name',
      },
      {
        name: 'subfleetnames',
        dialects: latest,
        values: 'names, comma-separated',
        summary: 'which, by subfleet',
      },
      {
        name: 'excluded',
        dialects: latest,
        values: trueOrFalse,
        summary: 'take them out of scaling altogether',
      },
      {
        name: 'ttl',
        dialects: latest,
        values: durationValues,
        summary: 'for how long; one hour unless told',
      },
    ],
    request: 'json',
    answer: 'json',
    summary: 'instances that are not to be stopped or not to be started',
    commands: ['unstoppable list|add|delete', 'unstartable list|add|delete'],
  },
  rescheduleNow: {
    name: 'control/reschedulenow',
    dialects: flat,
    since: 'v0.1.0',
    transports: ['api-gateway', 'queue'],
    methods: ['GET', 'POST'],
    parameters: [{ name: 'delay', dialects: flat, values: 'seconds, 0 to 900', summary: 'before it begins' }],
    request: 'none',
    answer: 'text',
    summary: 'run the scheduling now',
    commands: ['reschedule'],
  },
  backup: {
    name: 'backup',
    dialects: latest,
    since: 'v0.20.0',
    transports: ['api-gateway', 'queue'],
    methods: ['GET', 'POST'],
    parameters: [],
    request: 'none',
    answer: 'text',
    summary: 'export configuration, scheduler and metadata',
    commands: ['backup'],
  },
  ackEvent: {
    name: 'notify/ackevent',
    dialects: all,
    transports: ['api-gateway', 'queue'],
    methods: ['POST'],
    parameters: [],
    request: 'json',
    answer: 'json',
    summary: 'acknowledge events, so that they are not sent again',
    commands: ['ack-event'],
  },
  publishReportNow: {
    name: 'debug/publishreportnow',
    dialects: all,
    transports: ['queue'],
    methods: ['POST'],
    parameters: [],
    request: 'none',
    answer: 'none',
    summary: 'write a debug report',
    commands: ['report'],
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

/** An operation that a command names; `argument` is what stands in the place of the parentheses, null without any. */
export interface FoundOperation {
  readonly id: OperationId;
  readonly argument: string | null;
}

const entries = Object.entries(operations) as [OperationId, Operation][];

/** The operation that a normalised command names in a dialect, or null. Exact names come first. */
export function findOperation(command: string, dialect: Dialect): FoundOperation | null {
  const spoken = entries.filter(([, operation]) => operation.dialects.includes(dialect));
  const exact = spoken.find(([, { name }]) => name === command);
  if (exact !== undefined) return { id: exact[0], argument: null };
  for (const [id, { name }] of spoken) {
    // Anchored at the start only, as there: `control/instances/unstoppable/x` reaches the operation, which refuses it.
    // A newline is part of the argument, so that the operation sees it and refuses it.
    const match = name.includes('(') ? new RegExp(`^${name}`, 's').exec(command) : null;
    if (match !== null) return { id, argument: match[1] ?? '' };
  }
  return null;
}

/** The path of a call, e.g. `configuration/app.disable`; what the argument needs is percent-encoded. */
export function operationPath(id: OperationId, argument: string | null): string {
  const { name } = operations[id];
  const start = name.indexOf('(');
  if (start < 0) return name;
  return `${name.slice(0, start)}${(argument ?? '').split('/').map(percentEncode).join('/')}`;
}

/** All but RFC 3986's unreserved characters, as signatures are made of; encodeURIComponent leaves five more. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The names that the listing at `/` shows: API Gateway's, in code point order, without the listing itself. */
export function listedOperationNames(dialect: Dialect): string[] {
  return entries
    .map(([, operation]) => operation)
    .filter(({ dialects, transports }) => dialects.includes(dialect) && transports.includes('api-gateway'))
    .map(({ name }) => name)
    .filter((name) => name !== '')
    .sort();
}
