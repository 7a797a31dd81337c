// A script directory on the real file system, trusted when it belongs to whoever runs the tests.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PathTrust } from '../../../../src/watcher/hooks/path-trust.ts';
import {
  createHookRunner,
  type HookReport,
  type ScriptRunner,
} from '../../../../src/watcher/hooks/runner.ts';

export interface ScriptDirectory {
  readonly path: string;
  readonly trust: PathTrust;
  /** Adds `<state>/<name>`; a body without a first line of its own is for /bin/sh. */
  add(name: string, body: string, mode?: number): string;
  remove(): void;
}

export function createScriptDirectory(): ScriptDirectory {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'hooks-')));
  chmodSync(path, 0o755);
  return {
    path,
    trust: { uids: [process.getuid?.() ?? 0, 0], root: path },
    add(name, body, mode = 0o755) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
      writeFileSync(file, body.startsWith('#!') ? body : `#!/bin/sh\n${body}\n`);
      chmodSync(file, mode);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface ObservedRunner extends ScriptRunner {
  readonly reports: readonly HookReport[];
  /** Ids of the changes that began, each followed by the number of reports there were by then. */
  readonly begun: readonly (readonly [id: string, reports: number])[];
  /** Resolves with the first report, past or to come, that satisfies the predicate; rejects after 20 s. */
  waitFor(predicate: (report: HookReport) => boolean): Promise<HookReport>;
}

export function observeRunner(directory: ScriptDirectory, timeoutMs = 10_000, graceMs = 200): ObservedRunner {
  const reports: HookReport[] = [];
  const begun: [string, number][] = [];
  const listeners = new Set<() => void>();
  const runner = createHookRunner({
    settings: () => ({ scriptDir: directory.path, timeoutMs }),
    trust: directory.trust,
    graceMs,
    onBegin: ({ id }) => void begun.push([id, reports.length]),
    onReport: (report) => {
      reports.push(report);
      for (const listener of [...listeners]) listener();
    },
  });
  return {
    ...runner,
    reports,
    begun,
    waitFor(predicate) {
      const { promise, resolve, reject } = Promise.withResolvers<HookReport>();
      const deadline = setTimeout(() => {
        reject(new Error(`not reported within 20 s; reported: ${JSON.stringify(reports.slice(-20))}`));
      }, 20_000);
      const look = (): void => {
        const found = reports.find(predicate);
        if (found === undefined) return;
        clearTimeout(deadline);
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
      return promise;
    },
  };
}

/** Runs the scripts of one change to their end and returns everything that was reported. */
export async function runAll(
  directory: ScriptDirectory,
  transition: { kind?: 'state' | 'drained'; to?: string; from?: string; env?: Record<string, string> } = {},
  timeoutMs?: number,
  graceMs?: number,
): Promise<readonly HookReport[]> {
  const runner = observeRunner(directory, timeoutMs, graceMs);
  runner.submit({
    kind: 'state',
    isDraining: true,
    id: 't1',
    from: 'running',
    to: 'draining',
    env: {},
    ...transition,
  });
  await runner.waitFor(({ kind }) => kind === 'completed' || kind === 'no-directory');
  return runner.reports;
}

/** The lines scripts printed, without where they came from. */
export function lines(reports: readonly HookReport[]): string[] {
  return reports.flatMap((report) => (report.kind === 'line' ? [report.text] : []));
}

/** Resolves when the process is dead, reaped or not; rejects after 5 s. */
export async function waitForDeath(pid: number): Promise<void> {
  const deadline = performance.now() + 5000;
  while (isAlive(pid)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} is still alive`);
    await delay(10);
  }
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
