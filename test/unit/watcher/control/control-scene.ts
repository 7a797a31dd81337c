// A control socket over an agent that only remembers, for the tests of both its ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hostClock } from '../../../../src/watcher/clock.ts';
import { type ControlServer, startControlServer } from '../../../../src/watcher/control/control-server.ts';
import type { ControlSubject } from '../../../../src/watcher/control/control-subject.ts';
import { controlSocketPath } from '../../../../src/watcher/control/protocol.ts';
import { SummaryWatch } from '../../../../src/watcher/control/summary-watch.ts';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { DrainCount, DrainOutcome } from '../../../../src/watcher/domain/drain.ts';
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import { prevailing } from '../../../../src/watcher/domain/prevailing.ts';
import type { StatusDocument } from '../../../../src/watcher/observe/status-document.ts';

const DEADLINE_MS = 10_000;

export interface Standing {
  readonly outcome?: DrainOutcome | null;
  readonly draining?: boolean;
  readonly count?: DrainCount | null;
}

/** Settles at once after every lease, unless it is stuck. */
export class ControlledAgent implements ControlSubject {
  readonly summaries = new SummaryWatch();
  readonly leases: (Lease | null)[] = [];
  #standing: Standing = {};
  #changed: (() => void)[] = [];
  /** What `status` is to do instead. */
  failing: Error | null = null;
  isStuck = false;
  scriptsPending = false;

  async status(): Promise<StatusDocument> {
    if (this.failing !== null) throw this.failing;
    const lease = this.leases.at(-1) ?? null;
    const refusing = lease?.kind === 'override' ? lease.verdict === 'closed' : lease !== null;
    const firewall = { refusing, ports: [{ range: '80' }, { range: '8000-8010' }], problem: null };
    return { version: 1, firewall, drain: null } as unknown as StatusDocument;
  }

  async metrics(): Promise<string> {
    return '# HELP a_metric\na_metric 1\n';
  }

  areScriptsPending = (): boolean => this.scriptsPending;

  lease(lease: Lease | null): void {
    this.leases.push(lease);
    for (const wake of this.#changed.splice(0)) wake();
    if (!this.isStuck) setImmediate(() => this.settle());
  }

  /** The agent waits again, standing so. */
  settle(standing: Standing = this.#standing): void {
    this.#standing = standing;
    const { draining = standing.outcome != null, outcome = null, count = null } = standing;
    const drain = draining ? { sinceWallMs: 0, sinceMonotonicMs: 0, outcome } : null;
    const state = { ...adopt(null, { table: 'absent' }), drain, lease: this.leases.at(-1) ?? null };
    this.summaries.settled({ state, now: prevailing(state), refusing: draining, count, degraded: [] });
  }

  /** Waits until so many leases have begun or ended. */
  async leased(times: number): Promise<void> {
    const endsAtMs = performance.now() + DEADLINE_MS;
    while (this.leases.length < times) {
      const leftMs = endsAtMs - performance.now();
      if (leftMs <= 0)
        throw new Error(`${this.leases.length} changes of the lease in time, expected ${times}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#changed.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

export interface ControlScene {
  readonly runtimeDir: string;
  readonly socketPath: string;
  readonly agent: ControlledAgent;
  readonly server: ControlServer;
  readonly troubles: (string | null)[];
}

/** A directory of the test's own. */
export function runtimeDirectory(test: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'cs-control-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A listening server that lasts until the test ends. */
export function startScene(test: TestContext, runtimeDir = runtimeDirectory(test)): ControlScene {
  const agent = new ControlledAgent();
  const troubles: (string | null)[] = [];
  let ids = 0;
  const server = startControlServer({
    runtimeDir,
    subject: agent,
    summaries: agent.summaries,
    clock: hostClock,
    newId: () => `id-${++ids}`,
    onTrouble: (problem) => troubles.push(problem),
  });
  test.after(() => server.close());
  return { runtimeDir, socketPath: controlSocketPath(runtimeDir), agent, server, troubles };
}
