// The processes of this network namespace that concern the agent, by their command lines: agents of ours, and the Python tool.
import { type Finding, notRun } from './check.ts';
import { type HostFiles, seen } from './host-files.ts';

export interface RunningProgram {
  readonly pid: number;
  /** The words after the program's name, as far as they can be told apart. */
  readonly args: string;
}

const OURS = 'cs-instance-watcher';

/** Agents of ours, this process and the other commands of the program left out. `uid` is that of this process. */
export function runningAgents(host: HostFiles, uid: number, ownPid = process.pid): RunningProgram[] {
  return commandLines(host, uid).flatMap(({ pid, words }) => {
    if (pid === ownPid) return [];
    const args = argumentsOfOurs(words);
    // A word that is no option is a command, which does one thing and ends.
    return args === null || /^[^-]/.test(args) ? [] : [{ pid, args }];
  });
}

/** Python processes that run the tool which this agent replaces. */
export function pythonAgents(host: HostFiles, uid: number): RunningProgram[] {
  return commandLines(host, uid).flatMap(({ pid, words: [program = '', ...words] }) => {
    if (!/(^|\/)python[\d.]*$/.test(program)) return [];
    const script = words.findIndex((word) => /(^|\/)cs-instance-watcher(\.py)?$/.test(word));
    // Options of the interpreter may come first; a script named by another script is none that runs.
    const isRun = script >= 0 && words.slice(0, script).every((word) => word.startsWith('-'));
    return isRun ? [{ pid, args: words.slice(script + 1).join(' ') }] : [];
  });
}

interface CommandLine {
  readonly pid: number;
  readonly words: readonly string[];
}

function commandLines(host: HostFiles, uid: number): CommandLine[] {
  return processIds(host).flatMap((pid) => {
    const text = seen(host.text(`/proc/${pid}/cmdline`));
    const isOfInterest = text?.includes(OURS) === true && isInOurNetwork(host, pid, uid);
    return isOfInterest ? [{ pid, words: text.replace(/\0+$/, '').split('\0') }] : [];
  });
}

/** What `look` finds; where /proc is not mounted, as in a bare root, an absence there proves nothing. */
export function withProc(host: HostFiles, look: () => Finding): Finding {
  return processIds(host).length === 0 ? notRun('/proc cannot be read') : look();
}

/** The process ids that /proc shows. */
export function processIds(host: HostFiles): number[] {
  return (seen(host.names('/proc')) ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Once it runs the program has one word, its title; until then it is the runtime with the bundle. */
function argumentsOfOurs(words: readonly string[]): string | null {
  const [first = ''] = words;
  if (first === OURS || first.startsWith(`${OURS} `)) {
    return [first.slice(OURS.length + 1), ...words.slice(1)].join(' ').trim();
  }
  const bundle = words.findIndex((word) => word.endsWith(`/${OURS}.cjs`));
  return bundle === -1 ? null : words.slice(bundle + 1).join(' ');
}

/** An ordinary user cannot tell, so that it may be; what root may not look at is of somebody else's system. */
function isInOurNetwork(host: HostFiles, pid: number, uid: number): boolean {
  const theirs = host.target(`/proc/${pid}/ns/net`);
  if (theirs.kind === 'hidden') return uid !== 0;
  return theirs.kind === 'seen' && theirs.value === seen(host.target('/proc/self/ns/net'));
}
