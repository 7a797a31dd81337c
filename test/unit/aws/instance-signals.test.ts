import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createImds, type Imds, type ImdsAnswer, unknown } from '../../../src/aws/imds.ts';
import {
  readRebalanceRecommendation,
  readSignals,
  readSpotInterruption,
  readTargetLifecycleState,
  type SignalName,
  type SignalReading,
} from '../../../src/aws/instance-signals.ts';
import {
  type Fault,
  type SandboxChange,
  type SandboxHandle,
  startSandbox,
} from '../../../src/sandbox/sandbox.ts';

type Signals = NonNullable<SandboxChange['signals']>;

const time = '2026-11-22T10:00:00Z';
const all: readonly SignalName[] = ['spot-interruption', 'rebalance-recommendation', 'auto-scaling'];
const sources = [
  [readSpotInterruption, 'meta-data/spot/instance-action'],
  [readRebalanceRecommendation, 'meta-data/events/recommendations/rebalance'],
  [readTargetLifecycleState, 'meta-data/autoscaling/target-lifecycle-state'],
] as const;

/** A service that answers `text` to everything. */
function saying(text: string): Imds {
  return answering({ kind: 'value', value: text });
}

function answering(answer: ImdsAnswer<string>): Imds {
  return { read: async () => answer, close: () => undefined };
}

function unexpected(path: string): SignalReading {
  const reason = `the metadata service answered something else than expected to ${path}`;
  return { kind: 'unknown', reason };
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

for (const [read, path] of sources) {
  test(`${path}: an item that is not there is clear, a service that does not answer is unknown`, async () => {
    assert.deepEqual(await read(answering({ kind: 'absent' })), { kind: 'clear' });
    const failed = answering(unknown('failed', 'it answered 500'));
    assert.deepEqual(await read(failed), { kind: 'unknown', reason: 'it answered 500' });
  });

  const never: readonly string[] = [
    '',
    ' ',
    '{',
    '<html>\n<body>Not found</body>',
    'null',
    'true',
    '42',
    '[]',
    '{}',
    json('terminate'),
    'x'.repeat(65_536),
  ];
  for (const text of never) {
    test(`${path}: ${json(text.slice(0, 40))} is unknown, and is not repeated`, async () => {
      assert.deepEqual(await read(saying(text)), unexpected(path));
    });
  }
}

const malformedTimes: readonly unknown[] = [
  undefined,
  null,
  1_795_341_600,
  '',
  'soon',
  '2026-11-22',
  '2026-11-22 10:00:00Z',
  '2026-11-22T10:00Z',
  '2026-11-22T10:00:00',
  '2026-11-22T10:00:00+01:00',
  '2026-11-22t10:00:00z',
  '2026-13-22T10:00:00Z',
  '2026-11-22T25:00:00Z',
  ` ${time}`,
  `${time}\n`,
  `${time}\nterminate at ${time}`,
  `2026-11-22T10:00:00.${'0'.repeat(1000)}Z`,
  [time],
  { time },
];

describe('a Spot interruption', () => {
  const drains: readonly [text: string, detail: string][] = [
    [json({ action: 'terminate', time }), `terminate at ${time}`],
    [json({ action: 'stop', time }), `stop at ${time}`],
    [json({ action: 'hibernate', time }), `hibernate at ${time}`],
    [json({ action: 'stop', time: '2026-11-22T10:00:00.123Z' }), 'stop at 2026-11-22T10:00:00.123Z'],
    [json({ time, action: 'stop', more: ['x'] }), `stop at ${time}`],
    [`{\n\t"action": "stop",\n\t"time": "${time}"\n}\n`, `stop at ${time}`],
  ];
  for (const [text, detail] of drains) {
    test(`${json(text)} drains`, async () => {
      assert.deepEqual(await readSpotInterruption(saying(text)), { kind: 'drains', detail });
    });
  }

  const actions = [
    undefined,
    null,
    '',
    'none',
    'reboot',
    'Terminate',
    ' stop',
    'stop\nstop',
    1,
    ['stop'],
    {},
  ];
  const malformed = [
    ...actions.map((action) => ({ action, time })),
    ...malformedTimes.map((other) => ({ action: 'stop', time: other })),
    { 'instance-action': 'stop', time },
    [{ action: 'stop', time }],
  ];
  for (const document of malformed) {
    test(`${json(document).slice(0, 100)} is unknown`, async () => {
      assert.deepEqual(
        await readSpotInterruption(saying(json(document))),
        unexpected('meta-data/spot/instance-action'),
      );
    });
  }
});

describe('a rebalance recommendation', () => {
  for (const noticeTime of [time, '2026-11-22T10:00:00.5Z']) {
    test(`of ${noticeTime} drains`, async () => {
      const reading = await readRebalanceRecommendation(saying(json({ noticeTime })));
      assert.deepEqual(reading, { kind: 'drains', detail: `recommended at ${noticeTime}` });
    });
  }
  const malformed = [
    ...malformedTimes.map((noticeTime) => ({ noticeTime })),
    { NoticeTime: time },
    [{ noticeTime: time }],
  ];
  for (const document of malformed) {
    test(`${json(document).slice(0, 100)} is unknown`, async () => {
      assert.deepEqual(
        await readRebalanceRecommendation(saying(json(document))),
        unexpected('meta-data/events/recommendations/rebalance'),
      );
    });
  }
});

describe('the target lifecycle state', () => {
  for (const text of ['InService', 'InService\n']) {
    test(`${json(text)} is clear`, async () => {
      assert.deepEqual(await readTargetLifecycleState(saying(text)), { kind: 'clear' });
    });
  }
  for (const state of [
    'Terminated',
    'Standby',
    'Detached',
    'Warmed:Hibernated',
    'Warmed:Running',
    'Warmed:Stopped',
    'Warmed:Terminated',
  ]) {
    test(`${state} drains`, async () => {
      for (const text of [state, `${state}\n`]) {
        assert.deepEqual(await readTargetLifecycleState(saying(text)), { kind: 'drains', detail: state });
      }
    });
  }
  for (const text of [
    'inservice',
    'INSERVICE',
    'In Service',
    'InService,Terminated',
    'InService\nTerminated',
    'Terminated\nTerminated',
    'Pending',
    'Pending:Wait',
    'Terminating',
    'Terminating:Wait',
    'Detaching',
    'EnteringStandby',
    'Quarantined',
    'Warmed',
    'Warmed:',
    'Warmed:Pending',
    'Warmed:Terminated:Wait',
    'constructor',
    '"Terminated"',
  ]) {
    test(`${json(text)} is unknown`, async () => {
      assert.deepEqual(
        await readTargetLifecycleState(saying(text)),
        unexpected('meta-data/autoscaling/target-lifecycle-state'),
      );
    });
  }
});

/** Long enough for a busy machine to answer within. */
const READ_TIMEOUT_MS = 1_500;

describe('the signals of a metadata service', () => {
  let sandbox: SandboxHandle;
  let imds: Imds;
  const tokensAsked = (): number => sandbox.requests().operations['imds PUT api/token'] ?? 0;

  beforeEach(async () => {
    sandbox = await startSandbox();
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: sandbox.imdsUrl };
    imds = createImds({ env, readTimeoutMs: READ_TIMEOUT_MS });
  });
  afterEach(async () => {
    imds.close();
    await sandbox.close();
  });

  const announced: readonly [name: SignalName, signals: Signals, none: Signals, detail: string][] = [
    [
      'spot-interruption',
      { spotInterruption: { action: 'terminate', time } },
      { spotInterruption: null },
      `terminate at ${time}`,
    ],
    [
      'rebalance-recommendation',
      { rebalanceNoticeTime: time },
      { rebalanceNoticeTime: null },
      `recommended at ${time}`,
    ],
    [
      'auto-scaling',
      { targetLifecycleState: 'Terminated' },
      { targetLifecycleState: 'InService' },
      'Terminated',
    ],
  ];
  const clear = Object.fromEntries(all.map((name) => [name, { kind: 'clear' }]));

  for (const [name, signals, none, detail] of announced) {
    test(`${name} is switched on and off, and moves no other`, async () => {
      assert.deepEqual(await readSignals(imds, all), clear);
      sandbox.change({ signals });
      assert.deepEqual(await readSignals(imds, all), { ...clear, [name]: { kind: 'drains', detail } });
      sandbox.change({ signals: none });
      assert.deepEqual(await readSignals(imds, all), clear);
      assert.equal(tokensAsked(), 1);
    });
  }

  test('are those that are named, and no other is asked for', async () => {
    assert.deepEqual(await readSignals(imds, []), {});
    assert.equal(sandbox.requests().total.imds, 0);
    assert.deepEqual(await readSignals(imds, ['auto-scaling']), { 'auto-scaling': { kind: 'clear' } });
    assert.deepEqual(sandbox.requests().operations, {
      'imds PUT api/token': 1,
      'imds GET meta-data/autoscaling/target-lifecycle-state': 1,
    });
  });

  test('one that cannot be read is unknown, and holds up no other', async () => {
    sandbox.change({ signals: { targetLifecycleState: 'Standby', rebalanceNoticeTime: time } });
    const faults: readonly [fault: Fault, reason: RegExp][] = [
      [{ kind: 'status', status: 500 }, /answered 500 to meta-data\/spot\/instance-action$/],
      [{ kind: 'status', status: 403 }, /answered 403 to/],
      [{ kind: 'body', body: '<html>' }, /something else than expected to meta-data\/spot\/instance-action$/],
      [{ kind: 'hang' }, /no answer within 1500 ms$/],
      [{ kind: 'hang-in-body' }, /no answer within 1500 ms$/],
      [{ kind: 'reset' }, /./],
    ];
    for (const [fault, reason] of faults) {
      sandbox.setFault('imds', { ...fault, operation: 'GET meta-data/spot' });
      const { 'spot-interruption': spot, ...others } = await readSignals(imds, all);
      assert.ok(spot?.kind === 'unknown', fault.kind);
      assert.match(spot.reason, reason);
      assert.deepEqual(others, {
        'rebalance-recommendation': { kind: 'drains', detail: `recommended at ${time}` },
        'auto-scaling': { kind: 'drains', detail: 'Standby' },
      });
    }
  });

  for (const operation of ['PUT', 'GET']) {
    test(`a service silent to ${operation} leaves all unknown after one read deadline`, async () => {
      sandbox.setFault('imds', { kind: 'hang', operation });
      const startedMs = performance.now();
      const readings = await readSignals(imds, all);
      const tookMs = performance.now() - startedMs;
      assert.deepEqual(
        Object.values(readings).map(({ kind }) => kind),
        ['unknown', 'unknown', 'unknown'],
      );
      assert.ok(tookMs < 2 * READ_TIMEOUT_MS, `it took ${tookMs} ms, as if one had waited for another`);
      assert.equal(tokensAsked(), 1);
    });
  }

  test('a caller that gives up gets unknown, not an exception', async () => {
    const readings = await readSignals(imds, all, AbortSignal.abort());
    assert.deepEqual(
      readings,
      Object.fromEntries(all.map((name) => [name, { kind: 'unknown', reason: 'the read was given up' }])),
    );
    assert.equal(sandbox.requests().total.imds, 0);
  });
});
