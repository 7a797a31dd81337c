// The operator's scripts, judged as the agent judges them when a state begins.
import { join } from 'node:path';
import { instanceStates } from '../../../../interaction/contract/instance-states.ts';
import { isWellFormedState } from '../../../../watcher/domain/instance-state.ts';
import { shellWord } from '../../../../watcher/domain/shell-word.ts';
import { type PathTrust, type Refusal, ROOT_ONLY } from '../../../../watcher/hooks/path-trust.ts';
import { listScripts, openScript } from '../../../../watcher/hooks/select.ts';
import { type Check, type Finding, notRun, ok, problem, someOf, warning } from '../check.ts';
import type { HostFiles } from '../host-files.ts';

/** Directories whose scripts may run: the states, and the end of a drain. */
const KNOWN_NAMES: ReadonlySet<string> = new Set([...instanceStates, 'drained']);

export const scripts: Check = {
  id: 'scripts',
  title: 'scripts',
  place: 'host',
  look: ({ host, config, origins, uid }) =>
    lookAtScripts(host, {
      scriptDir: config.scriptDir,
      isAskedFor: origins.scriptDir.from !== 'default',
      uid,
    }),
};

/** `trust` is the agent's unless told. */
export async function lookAtScripts(
  host: HostFiles,
  {
    scriptDir,
    isAskedFor,
    uid,
  }: { readonly scriptDir: string; readonly isAskedFor: boolean; readonly uid: number },
  trust: PathTrust = ROOT_ONLY,
): Promise<Finding> {
  const names = host.names(scriptDir);
  if (names.kind === 'absent') {
    const absent = `${scriptDir} is not there: no scripts run`;
    return isAskedFor ? warning(absent, `mkdir -p ${shellWord(join(scriptDir, 'draining'))}`) : ok(absent);
  }
  if (names.kind === 'hidden') return notRun(`${scriptDir} may not be looked at`, 'run it as root');
  const isDirectory = (name: string): boolean => {
    const stats = host.stats(join(scriptDir, name));
    return stats.kind !== 'seen' || stats.value.isDirectory();
  };
  const visible = names.value.filter((name) => !name.startsWith('.'));
  const directories = visible.filter(isDirectory);
  const found = await Promise.all(
    directories.filter(isWellFormedState).map((state) => judgeState(scriptDir, state, trust)),
  );
  return judgeScripts({
    scriptDir,
    uid,
    runnable: found.reduce((sum, { runnable }) => sum + runnable, 0),
    refused: found.flatMap(({ refused }) => refused),
    unknown: directories.filter((name) => !KNOWN_NAMES.has(name)),
    loose: visible.filter((name) => !isDirectory(name)),
  });
}

export interface ScriptFacts {
  readonly scriptDir: string;
  readonly uid: number;
  readonly runnable: number;
  readonly refused: readonly Refusal[];
  /** Directories that no state is called. */
  readonly unknown: readonly string[];
  /** Files beside the directories. */
  readonly loose: readonly string[];
}

export function judgeScripts({ scriptDir, uid, runnable, refused, unknown, loose }: ScriptFacts): Finding {
  const hidden = uid === 0 ? [] : refused.filter(({ problem }) => problem.endsWith('(EACCES)'));
  const judged = refused.filter((refusal) => !hidden.includes(refusal));
  const count = `${runnable} in ${scriptDir} may run`;
  if (judged.length > 0) {
    // One directory is in the way of every state below it.
    const told = [...new Set(judged.map(({ path, problem }) => `${path} ${problem}`))];
    const remedies = new Set(judged.map(({ remedy }) => remedy));
    return problem(`${count}; refused: ${someOf(told)}`, [...remedies].join(' && '));
  }
  if (hidden.length > 0) {
    return notRun(
      `${count}; ${someOf(hidden.map(({ path }) => path))} may not be looked at`,
      'run it as root',
    );
  }
  const strays = [
    ...unknown.map((name) => `no state is called ${JSON.stringify(name)}`),
    ...loose.map((name) => `${JSON.stringify(name)} is in no state's directory`),
  ];
  if (strays.length === 0) return ok(count);
  return warning(
    `${count}; never run: ${someOf(strays)}`,
    `mv ${shellWord(join(scriptDir, (unknown[0] ?? loose[0]) as string))} to one of ${[...KNOWN_NAMES].join(' ')}`,
  );
}

async function judgeState(
  scriptDir: string,
  state: string,
  trust: PathTrust,
): Promise<{ readonly runnable: number; readonly refused: readonly Refusal[] }> {
  const list = await listScripts(scriptDir, state, trust);
  const refused = [...list.refused];
  let runnable = 0;
  for (const path of list.paths) {
    const opened = await openScript(path, trust);
    if ('refusal' in opened) refused.push(opened.refusal);
    else {
      runnable += 1;
      await opened.script.file.close();
    }
  }
  return { runnable, refused };
}
