// The directories of the agent: written to by nobody else, and not full or read-only when a drain must be put on record.
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '../../../../watcher/domain/shell-word.ts';
import { type Check, type Finding, notRun, ok, problem, type Status } from '../check.ts';
import type { HostFiles } from '../host-files.ts';

export interface DirectoryFacts {
  readonly path: string;
  /** `other`: something that is no directory. */
  readonly kind: 'directory' | 'absent' | 'other' | 'hidden';
  readonly mode: number;
  readonly uid: number;
  /** Why this process could not write there, or where it is to be made; null when it could. */
  readonly notWritable: string | null;
  readonly isFull: boolean;
}

export const directories: Check = {
  id: 'directories',
  title: 'directories',
  place: 'host',
  look: ({ host, config, uid }) =>
    judgeDirectories(
      [config.stateDir, config.runtimeDir].map((path) => lookAtDirectory(host, path)),
      uid,
    ),
};

export function judgeDirectories(directories: readonly DirectoryFacts[], uid: number): Finding {
  const findings = directories.map((one) => judgeDirectory(one, uid));
  const rank: readonly Status[] = ['problem', 'not-run', 'ok'];
  const status = rank.find((each) => findings.some((finding) => finding.status === each)) as Status;
  const remedies = findings.flatMap(({ remedy }) => (remedy === null ? [] : [remedy]));
  return {
    status,
    detail: findings.map(({ detail }) => detail).join('; '),
    remedy: remedies.length === 0 ? null : [...new Set(remedies)].join(' && '),
  };
}

function judgeDirectory(
  { path, kind, mode, uid: owner, notWritable, isFull }: DirectoryFacts,
  uid: number,
): Finding {
  const word = shellWord(path);
  if (kind === 'other') return problem(`${path} is not a directory`, `mv ${word} ${word}.old`);
  if (kind === 'hidden') return notRun(`${path} may not be looked at`, 'run it as root');
  if (notWritable === 'EROFS') {
    return problem(
      `${path} is on a read-only file system: after a restart a drain would be forgotten`,
      'give --state-dir and --runtime-dir on one that can be written',
    );
  }
  if (isFull) return problem(`${path} is on a full file system`, `df -h ${word}`);
  if (kind === 'absent') return ok(`${path} is made at the start`);
  if ((mode & 0o022) !== 0) return problem(`${path} can be written by others`, `chmod go-w ${word}`);
  if (notWritable !== null && uid === 0)
    return problem(`${path} cannot be written (${notWritable})`, `ls -ld ${word}`);
  return ok(`${path} is there${owner === 0 ? '' : `, owned by uid ${owner}`}`);
}

function lookAtDirectory(host: HostFiles, path: string): DirectoryFacts {
  const stats = host.stats(path);
  // Where it is not yet, what counts is the nearest directory that is there.
  let place = path;
  while (host.stats(place).kind === 'absent' && dirname(place) !== place) place = dirname(place);
  const writable = host.writable(place);
  const found = stats.kind === 'seen' ? (stats.value.isDirectory() ? 'directory' : 'other') : stats.kind;
  return {
    path,
    kind: found,
    mode: stats.kind === 'seen' ? stats.value.mode : 0,
    uid: stats.kind === 'seen' ? stats.value.uid : 0,
    notWritable: writable.kind === 'hidden' ? writable.reason : null,
    isFull: found !== 'hidden' && isFull(place),
  };
}

function isFull(path: string): boolean {
  try {
    const { bavail, blocks } = statfsSync(path);
    return blocks > 0 && bavail === 0;
  } catch {
    return false;
  }
}
