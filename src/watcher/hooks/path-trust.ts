// Whether root alone decides what a path leads to: a script is run as root, so whoever can change it is root.
import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { shellWord } from '../domain/shell-word.ts';

/** Who may own scripts and the directories that lead to them. */
export interface PathTrust {
  readonly uids: readonly number[];
  /** Directories above this one are taken as given; `/` judges all. */
  readonly root: string;
}

export const ROOT_ONLY: PathTrust = { uids: [0], root: '/' };

/** Why something is not run, and what the operator does about it. */
export interface Refusal {
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}

export type Judgement =
  | { readonly trusted: true; readonly realPath: string; readonly stats: Stats }
  | { readonly trusted: false; readonly refusal: Refusal };

/** The sticky bit; Node.js has no name for it. */
const S_ISVTX = 0o1000;
/** The kernel's own limit on links in one path (MAXSYMLINKS). */
const MAX_LINKS = 40;

/**
 * Walks an absolute path as the kernel does and judges every directory passed through, those that symbolic links lead
 * through included, and what it ends at. In a sticky directory such as /tmp everybody may add names but not touch those of
 * others, so it may be passed through by a name that is itself of a trusted owner, a link included; nothing may end there.
 * Elsewhere a link needs no judging: only its directory's writers can change it.
 * Rejects with the error of lstat where the path leads nowhere.
 */
export async function judgePath(path: string, trust: PathTrust): Promise<Judgement> {
  const pending = path.split(sep).filter((part) => part !== '');
  let current: string = sep;
  let stats = await lstat(current);
  let links = 0;
  for (;;) {
    const part = pending.shift();
    if (part === undefined) {
      const refusal = isAbove(current, trust.root) ? null : judge(current, stats, trust);
      return refusal === null ? { trusted: true, realPath: current, stats } : { trusted: false, refusal };
    }
    const next = part === '..' ? dirname(current) : join(current, part);
    const nextStats = await lstat(next);
    const refusal = isAbove(current, trust.root) ? null : judgePassage(current, stats, nextStats, trust);
    if (refusal !== null) return { trusted: false, refusal };
    if (!nextStats.isSymbolicLink()) {
      current = next;
      stats = nextStats;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return { trusted: false, refusal: tooManyLinks(path) };
    const target = await readlink(next);
    pending.unshift(...target.split(sep).filter((one) => one !== '' && one !== '.'));
    if (target.startsWith(sep)) {
      current = sep;
      stats = await lstat(current);
    }
  }
}

function judgePassage(directory: string, stats: Stats, next: Stats, trust: PathTrust): Refusal | null {
  const isProtected = (stats.mode & S_ISVTX) !== 0 && trust.uids.includes(next.uid);
  return isProtected ? judgeOwner(directory, stats, trust) : judge(directory, stats, trust);
}

function judge(path: string, stats: Stats, trust: PathTrust): Refusal | null {
  const refusal = judgeOwner(path, stats, trust);
  if (refusal !== null) return refusal;
  if ((stats.mode & 0o022) === 0) return null;
  return { path, problem: 'is writable by others than its owner', remedy: `chmod go-w ${shellWord(path)}` };
}

function judgeOwner(path: string, stats: Stats, trust: PathTrust): Refusal | null {
  if (trust.uids.includes(stats.uid)) return null;
  const problem = `is owned by uid ${stats.uid}, not by ${trust.uids.join(' or ')}`;
  return { path, problem, remedy: `chown ${trust.uids[0]} ${shellWord(path)}` };
}

function tooManyLinks(path: string): Refusal {
  return { path, problem: 'leads through too many symbolic links', remedy: `readlink ${shellWord(path)}` };
}

function isAbove(path: string, root: string): boolean {
  return path !== root && (path === sep || root.startsWith(`${path}${sep}`));
}
