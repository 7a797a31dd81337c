// The log file: appended to synchronously, rotated in time, never a reason for the agent to fail.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LineWriter } from './line-writer.ts';
import { backupSuffix, backupsToDelete, nextRotation } from './rotation-schedule.ts';
import type { RotationSpec } from './rotation-spec.ts';

export interface RotatingFileOptions {
  readonly path: string;
  readonly rotation: RotationSpec;
  /** Where lines go that the file does not take. Must not throw. */
  readonly fallback: (line: string) => void;
  /** Told once when the file begins to fail, before the first line that it does not take. Must not throw. */
  readonly onTrouble: (problem: string) => void;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
}

export interface RotatingFile {
  /** Writes one line, newline included. Never throws. */
  write(line: string): void;
  /** Idempotent; a later write opens the file again. */
  close(): void;
}

/** How long a file that failed is left alone before it is opened again, ms. */
const RETRY_AFTER_MS = 10_000;
/** Append only; O_NONBLOCK because opening a FIFO without a reader would hang the agent. */
const OPEN_FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;

interface OpenFile {
  readonly fd: number;
  readonly ino: number;
  readonly dev: number;
  /** Infinity for what is not a regular file. */
  readonly rotateAtMs: number;
}

type FileIdentity = Pick<OpenFile, 'ino' | 'dev'>;

export function createRotatingFile({
  path,
  rotation,
  fallback,
  onTrouble,
  now = Date.now,
}: RotatingFileOptions): RotatingFile {
  let file: OpenFile | null = null;
  let retryAtMs = 0;
  let isFailing = false;
  /** Of the file that was last open: a line that it was cut in is none of another file's. */
  let lines = new LineWriter();
  let last: FileIdentity | null = null;

  const openAgain = (): OpenFile => {
    const opened = open(path, rotation, now());
    if (last === null || !isSameFile(opened, last)) lines = new LineWriter();
    last = opened;
    return opened;
  };

  const close = (): void => {
    const open = file;
    file = null;
    if (open !== null) closeSync(open.fd);
  };

  const writeToFile = (line: string): void => {
    if (file !== null && wasReplaced(path, file)) close();
    file ??= openAgain();
    if (now() >= file.rotateAtMs) {
      const rotateAtMs = file.rotateAtMs;
      close();
      rotate(path, rotation, rotateAtMs);
      file = { ...openAgain(), rotateAtMs: nextRotation(rotation, now()) };
    }
    lines.write(file.fd, line);
  };

  return {
    write(line) {
      if (isFailing && now() < retryAtMs) {
        fallback(line);
        return;
      }
      try {
        writeToFile(line);
        isFailing = false;
      } catch (error) {
        if (!isFailing) onTrouble(`the log file ${path} cannot be written (${reason(error)})`);
        fallback(line);
        isFailing = true;
        retryAtMs = now() + RETRY_AFTER_MS;
        closeQuietly(close);
      }
    },
    close: () => closeQuietly(close),
  };
}

function open(path: string, rotation: RotationSpec, nowMs: number): OpenFile {
  const found = statSync(path, { throwIfNoEntry: false });
  const fd = openSync(path, OPEN_FLAGS, 0o644);
  const { ino, dev } = fstatSync(fd);
  const isRotated = found === undefined || found.isFile();
  return { fd, ino, dev, rotateAtMs: isRotated ? nextRotation(rotation, found?.mtimeMs ?? nowMs) : Infinity };
}

/** Whether the path leads elsewhere than the open file: deleted, moved away, or its directory gone. */
function wasReplaced(path: string, file: OpenFile): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || !isSameFile(found, file);
}

function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function rotate(path: string, rotation: RotationSpec, rotateAtMs: number): void {
  renameSync(path, `${path}.${backupSuffix(rotation, rotateAtMs)}`);
  const directory = dirname(path);
  for (const name of backupsToDelete(rotation, basename(path), readdirSync(directory))) {
    rmSync(join(directory, name), { force: true });
  }
}

function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    // The descriptor is gone either way (close(2)), and what it could not flush was reported by the write.
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
