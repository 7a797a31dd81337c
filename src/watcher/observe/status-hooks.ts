// What the scripts of the last changes did, from what their runner reports.
import type { HookReport } from '../hooks/hook-report.ts';
import type { StatusHooks } from './status-document.ts';

/** Changes that are remembered. */
const MAX_RUNS = 10;
/** Scripts that are remembered of one change. */
const MAX_SCRIPTS = 100;

type ScriptStatus = StatusHooks['scripts'][number];

interface Run {
  readonly change: string;
  readonly to: string;
  readonly atMs: number;
  result: StatusHooks['result'];
  readonly scripts: ScriptStatus[];
}

export class HookRuns {
  /** Oldest first. */
  readonly #runs: Run[] = [];

  /** Takes one report; `atMs` is wall clock. */
  add(report: HookReport, atMs: number): void {
    if (report.kind === 'line') return;
    const run = this.#runOf(report, atMs);
    switch (report.kind) {
      case 'started':
        note(run, { path: report.script, result: 'running', seconds: null });
        return;
      case 'finished':
        note(run, {
          path: report.script,
          result: resultOf(report),
          seconds: Math.round(report.durationMs) / 1000,
        });
        return;
      case 'refused':
        note(run, { path: report.path, result: `not run: ${report.problem}`, seconds: null });
        return;
      case 'completed':
        run.result = completion(report);
        return;
      case 'no-directory':
        run.result = 'none';
        return;
      case 'superseded':
        run.result = 'superseded';
        return;
      case 'not-begun':
        run.result = 'interrupted';
        return;
      case 'given-up': {
        run.result = 'failed';
        const begun = run.scripts.find(({ result }) => result === 'running');
        if (begun !== undefined) note(run, { ...begun, result: report.problem });
      }
    }
  }

  /** Newest first. */
  list(): StatusHooks[] {
    return this.#runs.toReversed().map(({ change, to, atMs, result, scripts }) => ({
      change,
      to,
      at: new Date(atMs).toISOString(),
      result,
      scripts: [...scripts],
    }));
  }

  #runOf({ change, to }: HookReport, atMs: number): Run {
    const known = this.#runs.find((run) => run.change === change && run.to === to);
    if (known !== undefined) return known;
    const run: Run = { change, to, atMs, result: 'running', scripts: [] };
    this.#runs.push(run);
    if (this.#runs.length > MAX_RUNS) this.#runs.shift();
    return run;
  }
}

function note({ scripts }: Run, script: ScriptStatus): void {
  const index = scripts.findIndex(({ path }) => path === script.path);
  if (index >= 0) scripts[index] = script;
  else if (scripts.length < MAX_SCRIPTS) scripts.push(script);
}

function resultOf({ exit, signal, timedOut, problem }: Extract<HookReport, { kind: 'finished' }>): string {
  if (problem !== null) return problem;
  const how = signal === null ? `exit status ${exit}` : `ended by ${signal}`;
  return timedOut ? `${how}, it ran over --hook-timeout` : how;
}

function completion({
  scripts,
  refused,
  failed,
  interrupted,
}: Extract<HookReport, { kind: 'completed' }>): StatusHooks['result'] {
  if (interrupted) return 'interrupted';
  if (refused > 0 || failed > 0) return 'failed';
  return scripts === 0 ? 'none' : 'done';
}
