// What each check makes of what it found: the status, and that there is something to do about everything that is not well.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CredentialsError } from '../../../../../src/aws/credentials.ts';
import { unknown } from '../../../../../src/aws/imds.ts';
import { QueryApiError } from '../../../../../src/aws/query-api.ts';
import { type Finding, someOf, type Status } from '../../../../../src/commands/watcher/doctor/check.ts';
import { judgeAgent } from '../../../../../src/commands/watcher/doctor/checks/agent.ts';
import { judgeApi } from '../../../../../src/commands/watcher/doctor/checks/api.ts';
import { judgeTraces } from '../../../../../src/commands/watcher/doctor/checks/builder-traces.ts';
import { judgeCaller } from '../../../../../src/commands/watcher/doctor/checks/caller.ts';
import { judgeCapabilities } from '../../../../../src/commands/watcher/doctor/checks/capabilities.ts';
import { judgeClock } from '../../../../../src/commands/watcher/doctor/checks/clock.ts';
import { judgeConfiguration } from '../../../../../src/commands/watcher/doctor/checks/configuration.ts';
import { judgeCount } from '../../../../../src/commands/watcher/doctor/checks/connections.ts';
import { judgeCredentials } from '../../../../../src/commands/watcher/doctor/checks/credentials.ts';
import { judgeCsAgent } from '../../../../../src/commands/watcher/doctor/checks/cs-agent.ts';
import {
  type DirectoryFacts,
  judgeDirectories,
} from '../../../../../src/commands/watcher/doctor/checks/directories.ts';
import { judgeDiscovery } from '../../../../../src/commands/watcher/doctor/checks/discovery.ts';
import { judgeBaseChains } from '../../../../../src/commands/watcher/doctor/checks/earlier-firewalls.ts';
import { judgeEbpf } from '../../../../../src/commands/watcher/doctor/checks/ebpf.ts';
import { judgeMetadata } from '../../../../../src/commands/watcher/doctor/checks/imds.ts';
import { judgeTag } from '../../../../../src/commands/watcher/doctor/checks/instance-tags.ts';
import { judgeIpvs } from '../../../../../src/commands/watcher/doctor/checks/ipvs.ts';
import { judgeKernel } from '../../../../../src/commands/watcher/doctor/checks/kernel.ts';
import { judgeNamespaces } from '../../../../../src/commands/watcher/doctor/checks/namespaces.ts';
import { judgeFailure, judgeFeatures } from '../../../../../src/commands/watcher/doctor/checks/nf-tables.ts';
import { judgeOldAgent } from '../../../../../src/commands/watcher/doctor/checks/old-agent.ts';
import { judgeOldChain } from '../../../../../src/commands/watcher/doctor/checks/old-chain.ts';
import { judgeApiPermission } from '../../../../../src/commands/watcher/doctor/checks/permission-api.ts';
import { judgeDiscoveryPermission } from '../../../../../src/commands/watcher/doctor/checks/permission-discovery.ts';
import { judgeTagPermission } from '../../../../../src/commands/watcher/doctor/checks/permission-tags.ts';
import { judgeRoutes } from '../../../../../src/commands/watcher/doctor/checks/routes.ts';
import { judgeScripts } from '../../../../../src/commands/watcher/doctor/checks/scripts.ts';
import {
  judgeService,
  type ServiceFacts,
} from '../../../../../src/commands/watcher/doctor/checks/service-enabled.ts';
import { judgeTable } from '../../../../../src/commands/watcher/doctor/checks/table.ts';
import { judgeTargetGroups } from '../../../../../src/commands/watcher/doctor/checks/target-groups.ts';
import { judgeUdp } from '../../../../../src/commands/watcher/doctor/checks/udp.ts';
import { judgeVrfs } from '../../../../../src/commands/watcher/doctor/checks/vrf.ts';
import { FirewallError } from '../../../../../src/firewall/errors.ts';
import { resolveConfig } from '../../../../../src/watcher/config/resolve.ts';
import type { Resolution } from '../../../../../src/watcher/context/instance-context.ts';
import type { Answer, KnownAnswer } from '../../../../../src/watcher/domain/answer.ts';

/** A name, what was found, how it ends, what the detail says, and what the remedy says. */
type Row = readonly [name: string, found: Finding, status: Status, detail: RegExp, remedy: RegExp | null];

const IDENTITY = {
  kind: 'value',
  value: { instanceId: 'i-1', region: 'eu-west-1', accountId: '1', availabilityZone: 'eu-west-1a' },
} as const;
const NOWHERE = { instanceId: null, region: null, apiUrl: null };
const READY: Resolution = {
  kind: 'ready',
  context: { instanceId: 'i-1', region: 'eu-west-1', group: 'demo', discovery: {} },
};
const SAID =
  'User: arn:aws:sts::111111111111:assumed-role/web/i-1 is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111111111111:function:F because no identity-based policy allows the lambda:InvokeFunction action';
const RUNNING: KnownAnswer = {
  kind: 'known',
  instanceId: 'i-1',
  state: 'running',
  tags: {},
  subfleetName: null,
  targetGroups: 0,
};
const NO_AGENT = { pid: null, unit: null, args: '', others: [] };
const NET_ADMIN = 1n << 12n;
const CAPABILITIES = { own: NET_ADMIN, agent: null, isAgentElsewhere: null, uid: 0, isBake: false };
const SERVICE: ServiceFacts = {
  unit: '/usr/local/lib/systemd/system/cs-instance-watcher.service',
  isMasked: false,
  missingProgram: null,
  wantedBy: [],
};
const DIRECTORY: DirectoryFacts = {
  path: '/d',
  kind: 'directory',
  mode: 0o700,
  uid: 0,
  notWritable: null,
  isFull: false,
};
const FEATURES = {
  ownerPersist: true,
  destroyTable: true,
  elementCounters: true,
  tableComments: true,
  kernelRelease: '6.12',
};
const CHAIN = {
  family: 'inet',
  table: 'guard',
  name: 'early',
  hook: 'prerouting',
  priority: -300,
  policy: 'accept',
  refuses: true,
} as const;
const OURS = {
  table: 'ours',
  ownership: 'plain',
  holder: 'nobody',
  ruleset: { ports: [{ first: 80, last: 90 }], allowFrom: [], includeLoopback: false, closing: false },
  difference: null,
  refused: null,
} as const;
const SCRIPTS = { scriptDir: '/s', uid: 0, runnable: 2, refused: [], unknown: [], loose: [] };
const ROUTES = { hasIpv4: true, hasIpv6: true, isIpv4Default: true, isIpv6Default: true };

function config(ports: readonly string[] = [], env: Record<string, string> = {}) {
  const given = ports.length === 0 ? new Map() : new Map([['ports', ports] as const]);
  return resolveConfig({ given, env: { CS_CONFIG: '', ...env }, cwd: '/' });
}

function trial(...steps: { name: string; ok: boolean; required: boolean; detail: string | null }[]) {
  return judgeKernel({ kind: 'run', kernelRelease: '5.10.1', steps }, { uid: 0, isClosing: false });
}

function metadata(cause: Parameters<typeof unknown>[0], answersOtherwise = false, where = NOWHERE as object) {
  return judgeMetadata(unknown(cause, 'why'), { ...NOWHERE, ...where }, answersOtherwise);
}

function apiOf(answer: Answer, tookMs: number[] = [40, 8]) {
  return judgeApi({ answer, tookMs, host: 'api.example' }, 10_000);
}

function trouble(cls: string, message = 'why'): Answer {
  return { kind: 'unknown', class: cls, message };
}

function discovered(resolution: Resolution, more: object = {}) {
  const facts = { resolution, routes: null, instanceId: 'i-1', hasCredentials: true, apiUrl: null };
  return judgeDiscovery({ ...facts, ...more });
}

const denied: Resolution = {
  kind: 'refused',
  message: 'no',
  denied: { action: 'lambda:InvokeFunction', resource: 'arn:f', said: SAID },
};
const deniedTags: Resolution = {
  kind: 'refused',
  message: 'no',
  denied: { action: 'ec2:DescribeInstances', resource: '*', said: 'You are not authorized' },
};
const silent: Resolution = { kind: 'unknown', message: 'silence' };

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  configuration: [
    [
      'ports',
      judgeConfiguration(config(['80', '443']), '', null),
      'ok',
      /^ports 80 443, from the command line$/,
      null,
    ],
    [
      'none',
      judgeConfiguration(config(), '', null),
      'warning',
      /no ports, from the defaults: without ports/,
      /"on-draining-block-new-connections-to-ports": \[80, 443\] in /,
    ],
    [
      'options of the agent',
      judgeConfiguration(config(), '--force', null),
      'warning',
      /was started with options/,
      /^cs-instance-watcher doctor --force$/,
    ],
    ['doctor has options too', judgeConfiguration(config(['80']), '--force', null), 'ok', /^ports 80/, null],
    [
      'a state that stands in',
      judgeConfiguration(config(['80'], { CS_INSTANCE_STATE: 'draining' }), '', null),
      'warning',
      /the environment: --instance-state draining stands in/,
      /--print-config$/,
    ],
    [
      'a dry run',
      judgeConfiguration(config(['80'], { CS_DRY_RUN: 'true' }), '', null),
      'warning',
      /--dry-run/,
      /--print-config$/,
    ],
    [
      'a variable that is no option',
      judgeConfiguration(config(['80'], { CS_PROTS: '1' }), '', null),
      'warning',
      /CS_PROTS/,
      /--print-config/,
    ],
    [
      'a file that others write',
      judgeConfiguration(config(['80']), '', { path: '/c', problem: 'is writable', remedy: 'chmod' }),
      'warning',
      /\/c is writable/,
      /^chmod$/,
    ],
  ],
  kernel: [
    [
      'all',
      trial({ name: 'a', ok: true, required: true, detail: null }),
      'ok',
      /^Linux 5\.10\.1: a drain table .* taken out$/,
      null,
    ],
    [
      'degraded',
      trial({ name: 'owned table', ok: false, required: false, detail: 'EINVAL' }),
      'ok',
      /without owned table/,
      null,
    ],
    [
      'degraded where it matters',
      judgeKernel(
        {
          kind: 'run',
          kernelRelease: '5.10',
          steps: [{ name: 'socket destroy (inet_diag)', ok: false, required: false, detail: 'EOPNOTSUPP' }],
        },
        { uid: 0, isClosing: true },
      ),
      'warning',
      /cannot: socket destroy \(inet_diag\) \(EOPNOTSUPP\), which --on-drain-timeout close needs/,
      /keep/,
    ],
    [
      'lacking',
      trial({ name: 'reject', ok: false, required: true, detail: 'ENOENT' }),
      'problem',
      /cannot: reject \(ENOENT\)/,
      /modprobe/,
    ],
    [
      'not run by root',
      judgeKernel({ kind: 'not-run', reason: 'why' }, { uid: 0, isClosing: false }),
      'not-run',
      /why/,
      null,
    ],
    [
      'not run by others',
      judgeKernel({ kind: 'not-run', reason: 'why' }, { uid: 1, isClosing: false }),
      'not-run',
      /why/,
      /root/,
    ],
  ],
  'nf-tables': [
    ['owned', judgeFeatures(FEATURES, { tableOwnership: 'auto' }), 'ok', /the kernel protects/, null],
    ['plain', judgeFeatures(FEATURES, { tableOwnership: 'plain' }), 'ok', /table is plain/, null],
    [
      'old',
      judgeFeatures({ ...FEATURES, ownerPersist: false, elementCounters: false }, { tableOwnership: 'auto' }),
      'ok',
      /table is plain.*not counted/,
      null,
    ],
    [
      'no rights',
      judgeFailure(new FirewallError('no-permission', 'probe', 'no'), true),
      'problem',
      /CAP_NET/,
      /cap/,
    ],
    [
      'not meant to',
      judgeFailure(new FirewallError('no-permission', 'probe', 'no'), false),
      'not-run',
      /may not/,
      /root/,
    ],
    [
      'no nf_tables',
      judgeFailure(new FirewallError('no-nftables', 'open', 'no'), true),
      'problem',
      /no nf_tables/,
      /^modprobe/,
    ],
    [
      'no addon',
      judgeFailure(new Error('cannot load: /path'), true),
      'problem',
      /^cannot load: \/path$/,
      /install/,
    ],
  ],
  capabilities: [
    ['own', judgeCapabilities(CAPABILITIES), 'ok', /in effect/, null],
    [
      'root without',
      judgeCapabilities({ ...CAPABILITIES, own: 0n }),
      'problem',
      /though this is root/,
      /AmbientCap/,
    ],
    ['an image', judgeCapabilities({ ...CAPABILITIES, own: 0n, isBake: true }), 'not-run', /image/, null],
    ['another user', judgeCapabilities({ ...CAPABILITIES, own: 0n, uid: 7 }), 'not-run', /ordinary/, /root/],
    ['unreadable', judgeCapabilities({ ...CAPABILITIES, own: null }), 'not-run', /status/, null],
    [
      'the agent has it',
      judgeCapabilities({
        ...CAPABILITIES,
        own: 0n,
        uid: 7,
        agent: { pid: 9, unit: 'a.service', effective: NET_ADMIN },
      }),
      'ok',
      /pid 9, a\.service/,
      null,
    ],
    [
      'the agent lacks it',
      judgeCapabilities({ ...CAPABILITIES, agent: { pid: 9, unit: 'a.service', effective: ~NET_ADMIN } }),
      'problem',
      /pid 9/,
      /^systemctl edit a\.service .*AmbientCapabilities=CAP_NET_ADMIN$/,
    ],
    [
      'the agent is in another network',
      judgeCapabilities({
        ...CAPABILITIES,
        agent: { pid: 9, unit: null, effective: NET_ADMIN },
        isAgentElsewhere: true,
      }),
      'problem',
      /another network namespace/,
      /PrivateNetwork=no$/,
    ],
  ],
  table: [
    ['absent', judgeTable({ table: 'absent' }, true), 'ok', /^none/, null],
    [
      'foreign',
      judgeTable({ table: 'foreign', comment: 'x' }, true),
      'problem',
      /not ours \(comment "x"\)/,
      /nft delete table/,
    ],
    ['ours', judgeTable(OURS, true), 'ok', /to 80-90 are refused, plain$/, null],
    ['without an agent', judgeTable(OURS, false), 'warning', /no agent/, /cleanup$/],
    [
      'changed',
      judgeTable({ ...OURS, ruleset: null, difference: 'a rule' }, true),
      'warning',
      /changed by somebody: a rule/,
      /nft monitor/,
    ],
  ],
  connections: [
    [
      'counted',
      judgeCount({ known: true, perRange: [2], total: 2, idle: 1 }, 0),
      'ok',
      /^2 now .*1 idle/,
      null,
    ],
    ['unknown', judgeCount({ known: false, reason: 'why' }, 0), 'warning', /why/, /modprobe/],
    ['unknown to others', judgeCount({ known: false, reason: 'why' }, 7), 'not-run', /why/, /root/],
  ],
  agent: [
    ['none', judgeAgent(NO_AGENT, false, '/r'), 'warning', /^none runs/, /systemctl enable --now/],
    [
      'one',
      judgeAgent({ ...NO_AGENT, pid: 5, unit: 'a.service' }, false, '/r'),
      'ok',
      /^pid 5, a\.service$/,
      null,
    ],
    [
      'two',
      judgeAgent({ ...NO_AGENT, pid: 5, others: [{ pid: 6, args: '' }] }, false, '/r'),
      'warning',
      /two agents/,
      /5,6/,
    ],
    [
      'elsewhere',
      judgeAgent({ ...NO_AGENT, others: [{ pid: 6, args: '' }] }, false, '/r'),
      'warning',
      /another runtime directory than \/r: pid 6$/,
      /6$/,
    ],
    ['an image', judgeAgent(NO_AGENT, true, '/r'), 'ok', /image/, null],
    ['in an image', judgeAgent({ ...NO_AGENT, pid: 5 }, true, '/r'), 'warning', /pid 5/, /systemctl stop/],
  ],
  directories: [
    ['fine', judgeDirectories([DIRECTORY], 0), 'ok', /^\/d is there$/, null],
    ['to come', judgeDirectories([{ ...DIRECTORY, kind: 'absent' }], 0), 'ok', /made at the start/, null],
    [
      'a file',
      judgeDirectories([{ ...DIRECTORY, kind: 'other' }], 0),
      'problem',
      /not a directory/,
      /^mv \/d/,
    ],
    [
      "everybody's",
      judgeDirectories([DIRECTORY, { ...DIRECTORY, mode: 0o777 }], 0),
      'problem',
      /by others/,
      /^chmod go-w \/d$/,
    ],
    [
      'read-only',
      judgeDirectories([{ ...DIRECTORY, notWritable: 'EROFS' }], 0),
      'problem',
      /read-only/,
      /--state-dir/,
    ],
    ['full', judgeDirectories([{ ...DIRECTORY, isFull: true }], 0), 'problem', /full/, /^df/],
    [
      'not to be seen',
      judgeDirectories([{ ...DIRECTORY, kind: 'hidden' }, DIRECTORY], 7),
      'not-run',
      /may not/,
      /root/,
    ],
    [
      "another user's",
      judgeDirectories([{ ...DIRECTORY, uid: 9, notWritable: 'EACCES' }], 7),
      'ok',
      /owned by uid 9/,
      null,
    ],
  ],
  scripts: [
    ['fine', judgeScripts(SCRIPTS), 'ok', /^2 in \/s may run$/, null],
    [
      'refused',
      judgeScripts({
        ...SCRIPTS,
        refused: [
          { path: '/s/a', problem: 'is bad', remedy: 'mend' },
          { path: '/s/b', problem: 'is bad', remedy: 'mend' },
        ],
      }),
      'problem',
      /; refused: \/s\/a is bad, \/s\/b is bad$/,
      /^mend$/,
    ],
    [
      'not to be seen',
      judgeScripts({
        ...SCRIPTS,
        uid: 7,
        refused: [{ path: '/s/a', problem: 'cannot be read (EACCES)', remedy: 'x' }],
      }),
      'not-run',
      /may not be looked at/,
      /root/,
    ],
    [
      'unknown state',
      judgeScripts({ ...SCRIPTS, unknown: ['drainning'] }),
      'warning',
      /called "drainning"/,
      /^mv \/s\/drainning .*drained$/,
    ],
    ['loose', judgeScripts({ ...SCRIPTS, loose: ['a.sh'] }), 'warning', /"a\.sh" is in no/, /^mv \/s\/a\.sh/],
  ],
  imds: [
    ['answers', judgeMetadata(IDENTITY, NOWHERE, false), 'ok', /i-1 in eu-west-1, account 1/, null],
    ['hop limit', metadata('timeout', true), 'problem', /hop limit/, /--http-put-response-hop-limit 2$/],
    ['silent', metadata('timeout'), 'problem', /why/, /--http-endpoint enabled/],
    ['nonsense', metadata('malformed'), 'problem', /why/, /curl/],
    ['disabled', metadata('disabled'), 'warning', /why/, /unset AWS_EC2_METADATA_DISABLED/],
    [
      'named',
      metadata('timeout', false, { instanceId: 'i-1', region: 'r' }),
      'not-run',
      /instance and region are given$/,
      null,
    ],
    [
      'named by URL',
      metadata('disabled', false, { instanceId: 'i-1', apiUrl: 'https://a' }),
      'not-run',
      /--api-url/,
      null,
    ],
    [
      'no document',
      judgeMetadata({ kind: 'absent' }, NOWHERE, false),
      'problem',
      /no identity document/,
      /curl/,
    ],
  ],
  'instance tags': [
    ['value', judgeTag({ kind: 'value', value: 'demo' }, 'i-1'), 'ok', /group demo$/, null],
    ['absent', judgeTag({ kind: 'absent' }, 'i-1'), 'ok', /without a tag/, null],
    [
      'not enabled',
      judgeTag({ kind: 'not-enabled' }, 'i-1'),
      'ok',
      /--instance-id i-1 --instance-metadata-tags enabled$/,
      null,
    ],
    ['unknown', judgeTag(unknown('timeout', 'why'), 'i-1'), 'not-run', /why/, null],
  ],
  credentials: [
    [
      'role',
      judgeCredentials(
        {
          kind: 'got',
          value: {
            configuredBy: null,
            roleName: 'web',
            credentials: { accessKeyId: 'A', secretAccessKey: 'S', expiresAtMs: 3_600_000 },
          },
        },
        null,
        0,
      ),
      'ok',
      /^role web of the instance, good for 60 min, until 1970-01-01T01:00:00Z$/,
      null,
    ],
    [
      'ended',
      judgeCredentials(
        {
          kind: 'got',
          value: {
            configuredBy: null,
            roleName: 'web',
            credentials: { accessKeyId: 'A', secretAccessKey: 'S', expiresAtMs: 1 },
          },
        },
        null,
        60_000,
      ),
      'problem',
      /ended at/,
      /date/,
    ],
    [
      "a user's own",
      judgeCredentials(
        {
          kind: 'got',
          value: {
            configuredBy: 'AWS_PROFILE',
            roleName: null,
            credentials: { accessKeyId: 'A', secretAccessKey: 'S' },
          },
        },
        null,
        0,
      ),
      'warning',
      /^AWS_PROFILE, without an end: set up for whoever runs doctor/,
      /systemctl show/,
    ],
    [
      'no role',
      judgeCredentials(
        { kind: 'failed', error: new CredentialsError('none', 'no role', { isUnconfigured: true }) },
        'i-1',
        0,
      ),
      'problem',
      /no role/,
      /associate-iam-instance-profile --instance-id i-1 /,
    ],
    [
      'trouble',
      judgeCredentials({ kind: 'failed', error: new CredentialsError('unavailable', 'why') }, 'i-1', 0),
      'problem',
      /why/,
      /^set AWS_/,
    ],
  ],
  caller: [
    [
      'got',
      judgeCaller({ kind: 'got', value: { accountId: '1', arn: 'arn:x', userId: 'u' } }, '1'),
      'ok',
      /arn:x$/,
      null,
    ],
    [
      'of another account',
      judgeCaller({ kind: 'got', value: { accountId: '2', arn: 'arn:x', userId: 'u' } }, '1'),
      'ok',
      /account 1/,
      null,
    ],
    [
      'refused',
      judgeCaller({ kind: 'failed', error: new QueryApiError('G', 403, 'InvalidClientTokenId', 'no') }, '1'),
      'problem',
      /InvalidClientTokenId/,
      /credentials/,
    ],
    [
      'silent, not needed',
      judgeCaller({ kind: 'failed', error: new Error('silence') }, '1'),
      'not-run',
      /does without/,
      null,
    ],
    [
      'no credentials',
      judgeCaller({ kind: 'failed', error: new CredentialsError('none', 'x') }, null),
      'not-run',
      /see credentials/,
      null,
    ],
  ],
  permissions: [
    ['tags in the metadata', judgeTagPermission({ kind: 'absent' }, deniedTags), 'ok', /not needed/, null],
    ['EC2 allowed', judgeTagPermission({ kind: 'not-enabled' }, READY), 'ok', /^allowed$/, null],
    ['EC2 allowed, Lambda not', judgeTagPermission(null, denied), 'ok', /^allowed$/, null],
    [
      'EC2 denied',
      judgeTagPermission(null, deniedTags),
      'problem',
      /not authorized/,
      /"Action":"ec2:DescribeInstances","Resource":"\*"/,
    ],
    ['EC2 not asked', judgeTagPermission(null, silent), 'not-run', /silence/, null],
    ['Lambda allowed', judgeDiscoveryPermission(READY), 'ok', /Discovery-demo$/, null],
    [
      'Lambda denied',
      judgeDiscoveryPermission(denied),
      'problem',
      /not authorized/,
      /^add to a policy of role web: .*function:F"\}$/,
    ],
    ['Lambda not asked', judgeDiscoveryPermission(deniedTags), 'not-run', /^not known/, null],
    [
      'API allowed',
      judgeApiPermission({ answer: RUNNING, tookMs: [], host: 'a' }, 'arn'),
      'ok',
      /^allowed/,
      null,
    ],
    [
      'API denied, with the advice of the agent behind it',
      judgeApiPermission(
        {
          answer: trouble(
            'forbidden',
            `status 403: ${SAID.replaceAll('lambda', 'execute-api').replace(/ because.*/, '')}: check it`,
          ),
          tookMs: [],
          host: 'a.execute-api.eu-west-1.amazonaws.com',
        },
        'arn',
      ),
      'problem',
      /not authorized/,
      /"Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:eu-west-1:111111111111:function:F"\}$/,
    ],
    [
      'API denied without a resource',
      judgeApiPermission(
        {
          answer: trouble('forbidden', 'User: anonymous is not authorized to perform: execute-api:Invoke'),
          tookMs: [],
          host: 'a.execute-api.eu-west-1.amazonaws.com',
        },
        'arn:whole',
      ),
      'problem',
      /anonymous/,
      /"Resource":"arn:whole"/,
    ],
    [
      'a rule of a server of our own',
      judgeApiPermission(
        {
          answer: trouble('forbidden', 'status 403: User: x is not authorized to access this resource'),
          tookMs: [],
          host: '127.0.0.1:80',
        },
        'arn',
      ),
      'problem',
      /not authorized/,
      /add GET\/metadata to the rules/,
    ],
    [
      'API otherwise',
      judgeApiPermission({ answer: trouble('transport'), tookMs: [], host: null }, 'arn'),
      'not-run',
      /Interaction API/,
      null,
    ],
  ],
  discovery: [
    [
      'found',
      discovered(READY, {
        routes: {
          kind: 'got',
          value: [
            { label: 'vpc-endpoint', url: 'https://v/', headers: {} },
            { label: 'public', url: 'https://p/', headers: {} },
          ],
        },
      }),
      'ok',
      /^group demo: https:\/\/v\/ \(vpc endpoint\), then https:\/\/p\/ \(public\)$/,
      null,
    ],
    [
      'a bad answer',
      discovered(READY, { routes: { kind: 'failed', error: new Error('why') } }),
      'problem',
      /cannot be used: why/,
      /CloneSquad/,
    ],
    ['given', discovered(READY, { apiUrl: 'https://a/' }), 'ok', /--api-url https:\/\/a\//, null],
    [
      'no group',
      discovered({ kind: 'not-managed', message: 'no tag' }),
      'warning',
      /no tag/,
      /create-tags --resources i-1 /,
    ],
    ['denied', discovered(denied), 'not-run', /see lambda:InvokeFunction/, null],
    ['no credentials', discovered(silent, { hasCredentials: false }), 'not-run', /see credentials/, null],
    ['nobody', discovered(silent, { instanceId: null }), 'not-run', /see instance metadata/, null],
    [
      'no function',
      discovered({ kind: 'refused', message: 'no function' }),
      'problem',
      /no function/,
      /GroupName/,
    ],
    ['silent', discovered(silent), 'problem', /silence/, /VPC endpoints/],
  ],
  api: [
    ['known', apiOf(RUNNING), 'ok', /^state running by api\.example, 8 ms, the first 40 ms$/, null],
    ['slow', apiOf(RUNNING, [6_000, 5_500]), 'warning', /more than half/, /slow/],
    ['no information', apiOf({ kind: 'no-information', message: 'none' }), 'warning', /none/, /group/],
    ['denied', apiOf(trouble('forbidden', SAID)), 'not-run', /execute-api:Invoke/, null],
    ['forbidden', apiOf(trouble('forbidden', 'Forbidden')), 'problem', /Forbidden/, /stage/],
    ...(
      [
        ['transport', /security groups/],
        ['http-5xx', /CloudWatch/],
        ['throttled', /polling-period/],
        ['unauthorized-token', /credentials/],
        ['not-json', /something else/],
      ] as const
    ).map(([cls, remedy]): Row => [cls, apiOf(trouble(cls)), 'problem', /why/, remedy]),
    ['credentials', apiOf(trouble('credentials')), 'not-run', /credentials/, null],
    [
      'nothing there',
      apiOf(trouble('transport', 'GET 10.0.0.9:8080/v1/: connect ECONNREFUSED 10.0.0.9:8080')),
      'problem',
      /^nothing listens on 10\.0\.0\.9:8080: is the API running\? /,
      /^start it/,
    ],
  ],
  clock: (
    [
      [1_900, 'ok', /^within 2 s of h$/],
      [-2_000, 'ok', /^2 s ahead of h$/],
      [60_000, 'ok', /^60 s behind h$/],
      [60_001, 'warning', /^60 s behind/],
      [-300_000, 'warning', /^300 s ahead/],
      [300_001, 'problem', /^300 s behind/],
    ] as const
  ).map(
    ([aheadMs, status, detail]): Row => [
      `${aheadMs} ms`,
      judgeClock({ aheadMs, host: 'h' }),
      status,
      detail,
      status === 'ok' ? null : /chronyc makestep/,
    ],
  ),
  'target groups': [
    ['none', judgeTargetGroups(RUNNING, { force: false, instanceState: null }), 'ok', /^none$/, null],
    [
      'not known',
      judgeTargetGroups(null, { force: false, instanceState: null }),
      'not-run',
      /not known/,
      null,
    ],
    [
      'not known, with --force',
      judgeTargetGroups(null, { force: true, instanceState: null }),
      'warning',
      /--force/,
      /connection_termination\.enabled,Value=false/,
    ],
    [
      'some',
      judgeTargetGroups({ ...RUNNING, targetGroups: 2 }, { force: false, instanceState: null }),
      'warning',
      /in 2; of the main fleet/,
      /draining_interval_seconds/,
    ],
    [
      'of a subfleet',
      judgeTargetGroups(
        { ...RUNNING, subfleetName: 's', targetGroups: 2 },
        { force: false, instanceState: null },
      ),
      'warning',
      /^in 2: an NLB/,
      /aws elbv2/,
    ],
  ],
  conflicts: [
    ['no old chain', judgeOldChain({ nft: false, legacy: false }), 'ok', /^none/, null],
    [
      'old chain',
      judgeOldChain({ nft: true, legacy: null }),
      'problem',
      /iptables-nft:/,
      /iptables-nft -w -X/,
    ],
    ['old chain hidden', judgeOldChain({ nft: null, legacy: false }), 'not-run', /\(nft\)/, /root/],
    ['no SSM agent', judgeCsAgent({ nft: false, legacy: false }), 'ok', /^none/, null],
    [
      'SSM agent',
      judgeCsAgent({ nft: true, legacy: true }),
      'warning',
      /iptables-nft and iptables-legacy/,
      /iptables-nft -w -S CS-AGENT; iptables-legacy -w -S CS-AGENT/,
    ],
    ['SSM agent hidden', judgeCsAgent({ nft: null, legacy: null }), 'not-run', /may not/, /root/],
    ['no Python agent', judgeOldAgent([], [], '/s'), 'ok', /not running/, null],
    [
      'Python agent',
      judgeOldAgent([{ pid: 4, args: '' }], [], '/s'),
      'problem',
      /runs \(pid 4\)/,
      /^kill 4$/,
    ],
    [
      'Python unit',
      judgeOldAgent([], ['a.service'], '/s'),
      'problem',
      /started by a\.service/,
      /^systemctl disable --now a\.service$/,
    ],
    [
      'drops first',
      judgeBaseChains([CHAIN], []),
      'warning',
      /^inet guard early \(prerouting, -300\)/,
      /nft list chain inet guard early$/,
    ],
    [
      'at ingress',
      judgeBaseChains([{ ...CHAIN, family: 'netdev', hook: 'ingress', priority: 0 }], []),
      'warning',
      /netdev guard early/,
      /nft list/,
    ],
    [
      'in legacy tables',
      judgeBaseChains([], [{ family: 'ip', table: 'raw' }]),
      'ok',
      /iptables-legacy -t raw -S PREROUTING$/,
      null,
    ],
    [
      'after us, harmless, or ours',
      judgeBaseChains(
        [
          { ...CHAIN, priority: -150 },
          { ...CHAIN, refuses: false },
          { ...CHAIN, hook: 'input' },
          { ...CHAIN, table: 'cs-instance-watcher' },
        ],
        [],
      ),
      'ok',
      /^none/,
      null,
    ],
  ],
  limits: [
    ['no UDP', judgeUdp([]), 'ok', /^no UDP/, null],
    ['UDP', judgeUdp([443, 8443]), 'warning', /443, 8443/, /ss -ulnp 'sport = :443'/],
    ['no VRF', judgeVrfs([]), 'ok', /^none$/, null],
    ['VRF', judgeVrfs(['blue']), 'warning', /^blue/, /main table/],
    ['no namespace', judgeNamespaces([], 0, 0), 'ok', /^no server/, null],
    [
      'behind the host',
      judgeNamespaces([{ pid: 4, ports: [80], isBehindHost: true }], 0, 0),
      'ok',
      /^1 with servers/,
      null,
    ],
    [
      'with an interface of its own',
      judgeNamespaces([{ pid: 4, ports: [80], isBehindHost: false }], 3, 7),
      'warning',
      /80 \(pid 4\)/,
      /nsenter -t 4 -n/,
    ],
    ['hidden namespaces', judgeNamespaces([], 3, 7), 'not-run', /3 processes/, /root/],
    ['no eBPF', judgeEbpf([], false), 'ok', /no trace/, null],
    ['eBPF', judgeEbpf(['device cilium_host'], false), 'warning', /cilium_host/, /bpftool/],
    ['eBPF hidden', judgeEbpf([], true), 'not-run', /may not/, /root/],
    ['routes', judgeRoutes(ROUTES), 'ok', /default route/, null],
    [
      'no addresses',
      judgeRoutes({ hasIpv4: false, hasIpv6: false, isIpv4Default: false, isIpv6Default: false }),
      'ok',
      /no address/,
      null,
    ],
    [
      'no IPv4 route',
      judgeRoutes({ ...ROUTES, isIpv4Default: false }),
      'warning',
      /for IPv4:/,
      /^ip route get/,
    ],
    [
      'no IPv6 route',
      judgeRoutes({ ...ROUTES, isIpv6Default: false }),
      'warning',
      /for IPv6:/,
      /^ip -6 route get/,
    ],
    ['no IPVS', judgeIpvs([]), 'ok', /no virtual service/, null],
    ['IPVS', judgeIpvs(['10.0.0.1:80']), 'warning', /10\.0\.0\.1:80/, /weight/],
  ],
  image: [
    ['clean', judgeTraces([], []), 'ok', /^no state/, null],
    [
      'traces',
      judgeTraces(
        [
          { what: 'a', remedy: 'rm a' },
          { what: 'b', remedy: 'rm b' },
        ],
        ['/x'],
      ),
      'problem',
      /^a, b$/,
      /^rm a && rm b$/,
    ],
    ['hidden', judgeTraces([], ['/x']), 'not-run', /\/x/, /root/],
    [
      'no unit',
      judgeService({ ...SERVICE, unit: null }),
      'warning',
      /no cs-instance-watcher\.service/,
      /install\.sh --enable.*--generate-systemd/,
    ],
    [
      'masked',
      judgeService({ ...SERVICE, isMasked: true, wantedBy: ['multi-user.target'] }),
      'problem',
      /masked/,
      /^systemctl unmask/,
    ],
    [
      'nothing to start',
      judgeService({ ...SERVICE, missingProgram: '/gone', wantedBy: ['multi-user.target'] }),
      'problem',
      /starts \/gone, which is not there/,
      /^sh install\.sh --enable, in the unpacked release$/,
    ],
    [
      'nothing to start by a unit that wins over the installed one',
      judgeService({ ...SERVICE, unit: '/etc/systemd/system/u.service', missingProgram: '/gone' }),
      'problem',
      /\/gone/,
      /; where its unit is to be used: rm \/etc\/systemd\/system\/u\.service$/,
    ],
    ['not enabled', judgeService(SERVICE), 'warning', /not enabled/, /^systemctl enable/],
    [
      'enabled',
      judgeService({ ...SERVICE, wantedBy: ['multi-user.target'] }),
      'ok',
      /multi-user\.target$/,
      null,
    ],
  ],
};

describe('what checks make of what they found', () => {
  for (const [subject, rows] of Object.entries(ROWS)) {
    for (const [name, found, status, detail, remedy] of rows) {
      it(`${subject}: ${name}`, () => {
        assert.equal(found.status, status, found.detail);
        assert.match(found.detail, detail);
        if (remedy === null) assert.equal(found.remedy, null);
        else assert.match(found.remedy ?? 'nothing', remedy);
      });
    }
  }

  it('has something to do about every problem and warning', () => {
    for (const [, found] of Object.values(ROWS).flat()) {
      if (found.status === 'problem' || found.status === 'warning')
        assert.notEqual(found.remedy, null, found.detail);
    }
  });

  it('tells how many more there are', () => {
    assert.equal(someOf(['a', 'b', 'c'], 2), 'a, b and 1 more');
    assert.equal(someOf(['a', 'b'], 2), 'a, b');
  });
});
