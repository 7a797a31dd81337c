// Whether an agent runs, and only one.
import { type AgentPresence, findAgent } from '../agent-presence.ts';
import { type Check, type Finding, ok, someOf, warning } from '../check.ts';
import { withProc } from '../processes.ts';

export const agent: Check = {
  id: 'agent',
  title: 'agent',
  place: 'host',
  look: (subject) =>
    withProc(subject.host, () => judgeAgent(findAgent(subject), subject.isBake, subject.config.runtimeDir)),
};

export function judgeAgent(
  { pid, unit, others }: AgentPresence,
  isBake: boolean,
  runtimeDir: string,
): Finding {
  const pids = others.map((other) => String(other.pid));
  if (isBake) {
    return pid === null && others.length === 0
      ? ok('none runs while the image is made')
      : warning(
          `one runs while the image is made (pid ${someOf(pid === null ? pids : [String(pid), ...pids])}) and writes what it learns to disk`,
          'systemctl stop cs-instance-watcher, then cs-instance-watcher doctor --bake again',
        );
  }
  if (pid !== null && others.length > 0) {
    return warning(
      `pid ${pid} runs, and besides it ${someOf(pids)} with another runtime directory: two agents would fight over one table`,
      `ps -fp ${[pid, ...pids].join(',')}; systemctl disable --now the one too many`,
    );
  }
  if (pid !== null) return ok(`pid ${pid}${unit === null ? ', not under systemd' : `, ${unit}`}`);
  if (others.length > 0) {
    return warning(
      `with another runtime directory than ${runtimeDir}: pid ${someOf(pids)}`,
      `give doctor the options of that agent: ps -fp ${pids.join(',')}`,
    );
  }
  return warning(
    'none runs: nobody refuses connections when this instance drains',
    'systemctl enable --now cs-instance-watcher; why it ended: journalctl -u cs-instance-watcher -n 50',
  );
}
