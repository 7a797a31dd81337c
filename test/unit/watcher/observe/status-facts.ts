// A board that has heard of an agent, for the tests of the status: what each says of it is all that differs.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ConnectionCount, Inspection } from '../../../../src/firewall/ruleset.ts';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState, Hold } from '../../../../src/watcher/domain/agent-state.ts';
import { prevailing } from '../../../../src/watcher/domain/prevailing.ts';
import type { Poll, Summary } from '../../../../src/watcher/ports.ts';
import { type Reading, StatusBoard } from '../../../../src/watcher/observe/status-board.ts';
import type { StatusConfig } from '../../../../src/watcher/observe/status-compose.ts';

export const NOW_MS = Date.UTC(2026, 10, 22, 3, 0, 0);

/** A clock that stands where the test puts it. */
export class HandClock {
  nowMs = NOW_MS;
  wallMs = (): number => this.nowMs;
  monotonicMs = (): number => this.nowMs - NOW_MS;
}

export function newBoard(clock = new HandClock()): { board: StatusBoard; clock: HandClock } {
  return { board: new StatusBoard({ version: '1.2.3', pid: 4711, clock }), clock };
}

export const CONFIG: StatusConfig = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8010 },
  ],
  allowFrom: [],
  includeLoopback: false,
  pollPeriodMs: 10_000,
  refuseDelayMs: 0,
  drainTimeoutMs: null,
  instanceState: null,
  instanceId: null,
  apiUrl: null,
};

export const RULESET = { ports: CONFIG.ports, allowFrom: [], includeLoopback: false, closing: false };

/** Our table as the kernel has it. */
export function table(more: Partial<Extract<Inspection, { table: 'ours' }>> = {}): Inspection {
  return {
    table: 'ours',
    ownership: 'owned',
    holder: 'us',
    ruleset: RULESET,
    difference: null,
    refused: [12, 0],
    ...more,
  };
}

/** A count of the two ranges. */
export function counted(first: number, second: number): ConnectionCount {
  return { known: true, perRange: [first, second], total: first + second, idle: 0 };
}

export function reading(more: Partial<Reading> = {}): Reading {
  return {
    look: { table: 'absent' },
    count: counted(0, 0),
    source: {
      apiUrl: 'https://api.example/v1/',
      group: 'production',
      region: 'eu-west-1',
      instanceId: null,
      contextAgeMs: 61_400,
    },
    config: CONFIG,
    ...more,
  };
}

/** A state that a poll has brought about. */
export function agentState(more: Partial<AgentState> = {}): AgentState {
  const nothing = adopt(null, { table: 'absent' });
  const state = more.instanceState ?? 'running';
  return {
    ...nothing,
    instanceId: 'i-0ab',
    desired: 'open',
    instanceState: state,
    shownState: state,
    stateSinceWallMs: NOW_MS - 200_000,
    heard: true,
    ...more,
  };
}

/** The state of a drain that began 200 s ago. */
export function drainingState(more: Partial<AgentState> = {}): AgentState {
  return agentState({
    desired: 'refuse',
    instanceState: 'draining',
    reasons: [{ source: 'state', detail: 'draining', sinceWallMs: NOW_MS - 200_000 }],
    drain: { sinceWallMs: NOW_MS - 200_000, sinceMonotonicMs: -200_000, outcome: null },
    adopted: true,
    ...more,
  });
}

export function summary(state: AgentState, more: Partial<Summary> = {}): Summary {
  return { state, now: prevailing(state), refusing: state.adopted, count: null, degraded: [], ...more };
}

export function poll(more: Partial<Poll> = {}): Poll {
  return {
    answer: {
      kind: 'known',
      instanceId: 'i-0ab',
      state: 'running',
      tags: {},
      subfleetName: null,
      targetGroups: 0,
    },
    startedWallMs: NOW_MS - 2_000,
    durationMs: 123.4,
    nextWallMs: NOW_MS + 8_000,
    ...more,
  };
}

/** What is wrong with a document by the published schema, in words; empty when nothing is. */
export function schemaProblems(document: unknown): string[] {
  const path = resolve(import.meta.dirname, '../../../../docs/schemas/status.schema.json');
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(path, 'utf8')) as object,
  );
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** A hold that began at that time, for want of an API that answers. */
export function holdSince(sinceWallMs: number, message: string): Hold {
  return {
    sinceMonotonicMs: 0,
    sinceWallMs,
    class: 'transport',
    classes: ['transport'],
    message,
    noInformationPolls: 0,
    expired: false,
  };
}
