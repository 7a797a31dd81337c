// What balancers hear of where the agent stands, and when the two listeners are open at all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import { prevailing } from '../../../../src/watcher/domain/prevailing.ts';
import { healthDocument } from '../../../../src/watcher/observe/health-document.ts';
import { type HealthConfig, HealthListeners } from '../../../../src/watcher/observe/health-listeners.ts';
import type { Summary } from '../../../../src/watcher/ports.ts';
import { freePort, untilListening } from './listening.ts';

const SCHEMA = resolve(import.meta.dirname, '../../../../docs/schemas/health.schema.json');
const isDescribed = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
);

const HOST = '127.0.0.1';
const NOTHING_KNOWN = adopt(null, { table: 'absent' });
const SINCE = Date.UTC(2026, 0, 2, 3, 4, 5);

const RUNNING: AgentState = { ...NOTHING_KNOWN, desired: 'open', instanceState: 'running' };
const DRAINING: AgentState = {
  ...NOTHING_KNOWN,
  desired: 'refuse',
  reasons: [
    { source: 'state', detail: 'draining', sinceWallMs: SINCE },
    { source: 'tag', detail: 'clonesquad:excluded', sinceWallMs: SINCE },
  ],
  instanceState: 'draining',
  drain: { sinceWallMs: SINCE, sinceMonotonicMs: 0, outcome: null },
};
const SPOT: AgentState = {
  ...RUNNING,
  signals: {
    'spot-interruption': { kind: 'drains', detail: 'terminate', sinceWallMs: SINCE, sawBegin: true },
  },
  drain: DRAINING.drain,
};
const override = (verdict: 'open' | 'closed') =>
  ({ kind: 'override', verdict, reason: 'a test', sinceWallMs: SINCE, untilWallMs: SINCE + 1 }) as const;

function summary(state: AgentState, refusing = false): Summary {
  return { state, now: prevailing(state), refusing, count: null, degraded: [] };
}

describe('the health document', () => {
  const nothing = { version: 1, draining: false, state: null, refusing: false } as const;
  const noDrain = { since: null, refusesAt: null, reasons: [] } as const;
  const drain = {
    version: 1,
    draining: true,
    state: 'draining',
    refusing: false,
    since: '2026-01-02T03:04:05.000Z',
    refusesAt: '2026-01-02T03:04:35.000Z',
    reasons: ['state', 'tag'],
  } as const;
  for (const [what, said, delayMs, expected] of [
    ['nothing is known', summary(NOTHING_KNOWN), 0, { ...nothing, ...noDrain }],
    ['the instance runs', summary(RUNNING), 30_000, { ...nothing, ...noDrain, state: 'running' }],
    ['a drain waits for its delay', summary(DRAINING), 30_000, drain],
    [
      'connections are refused',
      summary(DRAINING, true),
      30_000,
      { ...drain, refusing: true, refusesAt: null },
    ],
    ['no ports are given', summary(DRAINING), null, { ...drain, refusesAt: null }],
    [
      'the kernel refuses the table',
      summary(DRAINING),
      0,
      { ...drain, refusesAt: '2026-01-02T03:04:05.000Z' },
    ],
    [
      'another source drains',
      summary(SPOT),
      null,
      { ...drain, refusesAt: null, reasons: ['spot-interruption'] },
    ],
    [
      'an override keeps the ports open',
      summary({ ...DRAINING, drain: null, lease: override('open') }),
      0,
      { ...drain, draining: false, since: null, refusesAt: null },
    ],
    [
      'an override closes them',
      summary({ ...RUNNING, drain: DRAINING.drain, lease: override('closed') }, true),
      0,
      { ...drain, state: 'running', refusing: true, refusesAt: null, reasons: [] },
    ],
  ] as const) {
    it(`says so when ${what}, as its schema does`, () => {
      const document = healthDocument(said, delayMs);
      assert.deepEqual(document, expected);
      assert.ok(isDescribed(document), JSON.stringify(isDescribed.errors));
    });
  }
});

describe('the health listeners', () => {
  const opened: HealthListeners[] = [];
  const troubles: [string, string | null][] = [];
  afterEach(async () => {
    for (const listeners of opened.splice(0)) await listeners.close();
    assert.deepEqual(troubles, []);
  });

  async function config(changes: Partial<HealthConfig> = {}): Promise<HealthConfig> {
    const [healthListen, agentCheckListen] = [
      { host: HOST, port: await freePort() },
      { host: HOST, port: await freePort() },
    ];
    return { healthListen, agentCheckListen, refuseDelayMs: 0, ports: [80], ...changes };
  }

  function listeners(of: HealthConfig): HealthListeners {
    const one = new HealthListeners(of, (part, problem) => troubles.push([part, problem]));
    opened.push(one);
    return one;
  }

  async function told({ healthListen, agentCheckListen }: HealthConfig): Promise<[number, string]> {
    await untilListening(healthListen!.port);
    await untilListening(agentCheckListen!.port);
    const { status } = await fetch(`http://${HOST}:${healthListen!.port}/any`);
    return [status, await text(connect(agentCheckListen!.port, HOST))];
  }

  const refused = (port: number): Promise<void> =>
    assert.rejects(text(connect(port, HOST)), { code: 'ECONNREFUSED' });

  it('are closed until the loop has looked once, so that a drain of before is never denied', async () => {
    const given = await config();
    const one = listeners(given);
    await refused(given.healthListen!.port);
    await refused(given.agentCheckListen!.port);
    one.settled(summary(DRAINING));
    assert.deepEqual(await told(given), [503, 'drain\n']);
  });

  it('follow what the loop settles at', async () => {
    const given = await config();
    const one = listeners(given);
    for (const [state, expected] of [
      [NOTHING_KNOWN, [200, 'up ready\n']],
      [DRAINING, [503, 'drain\n']],
      [{ ...DRAINING, drain: null, lease: override('open') }, [200, 'up ready\n']],
      [RUNNING, [200, 'up ready\n']],
      [SPOT, [503, 'drain\n']],
    ] as const) {
      one.settled(summary(state));
      assert.deepEqual(await told(given), expected);
    }
  });

  it('move with the configuration, and one that stays keeps its connections', async () => {
    const given = await config();
    const one = listeners(given);
    one.settled(summary(RUNNING));
    await told(given);
    const kept = connect(given.healthListen!.port, HOST);
    kept.on('close', () => assert.fail('the connection was closed'));
    const next = { ...given, agentCheckListen: { host: HOST, port: await freePort() } };
    one.update(next);
    assert.deepEqual(await told(next), [200, 'up ready\n']);
    await refused(given.agentCheckListen!.port);
    kept.removeAllListeners('close').destroy();
    one.update({ ...next, healthListen: { host: '::', port: given.healthListen!.port } });
    assert.deepEqual(await told(next), [200, 'up ready\n'], 'the port is free again at once');
    one.update({ ...next, healthListen: null });
    await refused(given.healthListen!.port);
  });

  it('stay closed once closed', async () => {
    const given = await config();
    const one = listeners(given);
    one.settled(summary(RUNNING));
    await told(given);
    await one.close();
    one.update(given);
    one.settled(summary(DRAINING));
    await refused(given.healthListen!.port);
  });

  it('name the one whose address is taken', async () => {
    const given = await config();
    const first = listeners(given);
    first.settled(summary(RUNNING));
    await told(given);
    const heard = Promise.withResolvers<[string, string | null]>();
    const second = new HealthListeners({ ...given, agentCheckListen: null }, (part, problem) =>
      heard.resolve([part, problem]),
    );
    second.settled(summary(RUNNING));
    assert.deepEqual(await heard.promise, [
      'health listener',
      `127.0.0.1:${given.healthListen!.port}: another program listens there; tried again every 5 s`,
    ]);
    await second.close();
  });

  it('take their trouble with them when their address is taken away', async () => {
    const given = await config({ agentCheckListen: null });
    const first = listeners(given);
    first.settled(summary(RUNNING));
    await untilListening(given.healthListen!.port);
    const heard: (string | null)[] = [];
    const told = Promise.withResolvers<void>();
    const second = new HealthListeners(given, (_part, problem) => {
      heard.push(problem);
      told.resolve();
    });
    second.settled(summary(RUNNING));
    await told.promise;
    second.update({ ...given, healthListen: null });
    assert.deepEqual([heard.length, heard.at(-1)], [2, null]);
    await second.close();
  });

  it('are closed also when that comes before they are open', async () => {
    const given = await config();
    const one = listeners(given);
    one.settled(summary(RUNNING));
    await one.close();
    await new Promise(setImmediate);
    await refused(given.healthListen!.port);
    await refused(given.agentCheckListen!.port);
  });
});
