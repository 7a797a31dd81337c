// The Python tool still running: it refuses by rules of its own, which break what was established (`-m state NEW`).
import { shellWord } from '../../../../watcher/domain/shell-word.ts';
import { type Check, type Finding, ok, problem, someOf } from '../check.ts';
import type { HostFiles } from '../host-files.ts';
import { pythonAgents, type RunningProgram, withProc } from '../processes.ts';
import { UNIT_DIRECTORIES } from '../unit-files.ts';

export const oldAgent: Check = {
  id: 'old-agent',
  title: 'Python agent',
  place: 'host',
  look: ({ host, config, uid }) =>
    withProc(host, () => judgeOldAgent(pythonAgents(host, uid), unitsOfPython(host), config.scriptDir)),
};

/** `units` are the unit files that start it. */
export function judgeOldAgent(
  running: readonly RunningProgram[],
  units: readonly string[],
  scriptDir: string,
): Finding {
  const pids = running.map(({ pid }) => String(pid));
  if (pids.length === 0 && units.length === 0) return ok('not running, and no unit starts it');
  const stop = units.map((unit) => `systemctl disable --now ${shellWord(unit)}`);
  const told = [
    ...(pids.length > 0
      ? [`runs (pid ${someOf(pids)}): both would refuse, and run the scripts in ${scriptDir} twice`]
      : []),
    ...(units.length > 0 ? [`is started by ${someOf(units)}`] : []),
  ];
  return problem(
    `the Python cs-instance-watcher ${told.join(', and ')}`,
    stop[0] ? stop.join('; ') : `kill ${pids.join(' ')}`,
  );
}

function unitsOfPython(host: HostFiles): string[] {
  const found = new Set<string>();
  for (const directory of UNIT_DIRECTORIES) {
    const names = host.names(directory);
    if (names.kind !== 'seen') continue;
    for (const name of names.value.filter((one) => /(clonesquad|cs-).*\.service$/.test(one))) {
      const [, command = ''] = /^ExecStart=(.*)$/m.exec(host.lines(`${directory}/${name}`).join('\n')) ?? [];
      if (isPythonTool(host, command)) found.add(name);
    }
  }
  return [...found];
}

/** By its interpreter, in the command or in the first line of the script. */
function isPythonTool(host: HostFiles, command: string): boolean {
  if (/python[\d.]*\s+(-\S+\s+)*\S*cs-instance-watcher(\s|$)/.test(command)) return true;
  const [, program] = /^[@:+!|-]*"?(\/[^\s"]*\/cs-instance-watcher)["\s]/.exec(`${command} `) ?? [];
  return program !== undefined && /^#!.*python/.test(host.lines(program)[0] ?? '');
}
