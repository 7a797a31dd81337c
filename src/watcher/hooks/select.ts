// Which of the operator's scripts run for a state, and whether each may. Nothing here makes the agent wait for a file system.
//
// A program (ELF) is run by the very descriptor that was checked. A text script is run under its own path: its
// interpreter opens the name again, and under /proc/self/fd/N it would lose `$0`, which `cd "$(dirname "$0")"` needs.
// Its path was walked after the descriptor was opened, leads to the same inode, and only root can change it.
import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isWellFormedState } from '../domain/instance-state.ts';
import { shellWord } from '../domain/shell-word.ts';
import { findUnfitInterpreter, isElf, O_PATH, readHead } from './interpreter.ts';
import { judgePath, type PathTrust, type Refusal } from './path-trust.ts';

/** A script that may run. `file` is the caller's to close. */
export interface OpenScript {
  readonly path: string;
  readonly file: FileHandle;
  /** Run through `file`, not through `path`. */
  readonly isProgram: boolean;
}

export type OpenResult = { readonly script: OpenScript } | { readonly refusal: Refusal };

/** Paths of the scripts for a state, in bytewise order, and what keeps others from being looked at. */
export interface ScriptList {
  readonly paths: readonly string[];
  readonly refused: readonly Refusal[];
}

/** Lists `<scriptDir>/<state>`; an absent directory is an empty list. Rejects with `RangeError` for a state that is no name. */
export async function listScripts(scriptDir: string, state: string, trust: PathTrust): Promise<ScriptList> {
  if (!isWellFormedState(state)) throw new RangeError('not a state name');
  const directory = join(scriptDir, state);
  try {
    const judgement = await judgePath(directory, trust);
    if (!judgement.trusted) return { paths: [], refused: [judgement.refusal] };
    const names = (await readdir(directory, { encoding: 'buffer' })).sort(Buffer.compare);
    const decoded = names.map((name) => ({ name: name.toString('utf8'), isText: isUtf8(name) }));
    const candidates = decoded.filter(({ name }) => !isLeftOver(name));
    return {
      paths: candidates.filter(({ isText }) => isText).map(({ name }) => join(directory, name)),
      refused: candidates.filter(({ isText }) => !isText).map(({ name }) => notText(join(directory, name))),
    };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return { paths: [], refused: [] };
    const remedy = `ls -ld ${shellWord(directory)}`;
    return { paths: [], refused: [{ path: directory, problem: `cannot be read (${code})`, remedy }] };
  }
}

/**
 * Opens and judges one script. The descriptor pins the inode before anything is judged; O_PATH because merely opening
 * what a planted link leads to can act (a watchdog device, a FIFO).
 */
export async function openScript(path: string, trust: PathTrust): Promise<OpenResult> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, O_PATH);
    const opened = await file.stat();
    const judgement = await judgePath(path, trust);
    const refusal = judgement.trusted ? judgeFile(path, judgement.stats, opened) : judgement.refusal;
    if (refusal !== null) return { refusal };
    const head = await readHead(file.fd);
    const unfit = await findUnfitInterpreter(head);
    if (unfit !== null) return { refusal: unfitFor(path, unfit) };
    const script = { path, file, isProgram: isElf(head) };
    file = null;
    return { script };
  } catch (error) {
    return { refusal: unusable(path, error as NodeJS.ErrnoException) };
  } finally {
    await file?.close();
  }
}

function judgeFile(path: string, found: Stats, opened: Stats): Refusal | null {
  if (found.ino !== opened.ino || found.dev !== opened.dev) {
    return { path, problem: 'was replaced while it was checked', remedy: `ls -l ${shellWord(path)}` };
  }
  if (!opened.isFile()) {
    return { path, problem: 'is not a regular file', remedy: `mv ${shellWord(path)} elsewhere` };
  }
  if ((opened.mode & 0o111) === 0) {
    return { path, problem: 'is not executable', remedy: `chmod +x ${shellWord(path)}` };
  }
  return null;
}

function unfitFor(path: string, interpreter: string): Refusal {
  const problem = `its interpreter ${interpreter} is no program`;
  return { path, problem, remedy: `head -n 1 ${shellWord(path)}` };
}

/** Hidden files, and what editors and package managers leave beside a file they replaced. */
function isLeftOver(name: string): boolean {
  return /^\.|~$|\.rpm(save|new|orig)$|\.dpkg-/.test(name);
}

function notText(path: string): Refusal {
  return { path, problem: 'has a name that is not UTF-8', remedy: 'rename it' };
}

function unusable(path: string, error: NodeJS.ErrnoException): Refusal {
  const problem =
    error.code === 'ENOENT' ? 'leads to nothing' : `cannot be opened (${error.code ?? error.message})`;
  return { path, problem, remedy: `ls -l ${shellWord(path)}` };
}
