// Debian roots for tests that install into one, or boot one: made once by debootstrap, and copied for whoever changes them.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../fixtures/programs.ts';

/** What a suite's root has beside the essential packages: of what the agent needs, only what every Debian has anyway. */
const PACKAGES = {
  /** Boots, and has what a person looks at a firewall with. */
  bookworm: [
    ...['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'nftables', 'procps'],
    ...['libstdc++6', 'ca-certificates', 'curl', 'xz-utils'],
  ],
  /** The oldest C library that the programs load with; nothing that the package is to bring itself. */
  bullseye: ['libstdc++6'],
} as const;

export type Suite = keyof typeof PACKAGES;

const ROOTS = resolve(import.meta.dirname, '../../build/packaging/roots');
const DEBOOTSTRAP_DEADLINE_MS = 480_000;
const COPY_DEADLINE_MS = 60_000;

const run = promisify(execFile);

/**
 * The directory of a pristine root, made when it is not there; nobody may write into it. It appears whole or not at all, and
 * stays until someone removes it. Needs root and the package debootstrap.
 */
export async function debianRoot(suite: Suite): Promise<string> {
  const root = join(ROOTS, suite);
  if (existsSync(root)) return root;
  mkdirSync(ROOTS, { recursive: true });
  const work = mkdtempSync(join(ROOTS, `.${suite}-`));
  const made = join(work, 'root');
  try {
    const packages = PACKAGES[suite].join();
    await run('debootstrap', ['--variant=minbase', `--include=${packages}`, suite, made], {
      timeout: DEBOOTSTRAP_DEADLINE_MS,
    });
    rmSync(join(made, 'var/cache/apt/archives'), { recursive: true });
    takeName(made, root);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.trim().split('\n').slice(-3).join('\n');
    throw new Error(`no Debian root for ${suite}: ${(error as Error).message}\n${said}`, { cause: error });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return root;
}

export interface RootCopy {
  readonly path: string;
  close(): void;
}

/** A root of one's own to change; it must not be in use when it is closed. */
export async function copyOfRoot(suite: Suite): Promise<RootCopy> {
  const pristine = await debianRoot(suite);
  const directory = temporaryDirectory();
  const path = join(directory.path, 'root');
  try {
    await run('cp', ['--archive', '--reflink=auto', pristine, path], { timeout: COPY_DEADLINE_MS });
  } catch (error) {
    directory.close();
    throw error;
  }
  return { path, close: directory.close };
}

/** Where another process made the same root meanwhile, that one is as good. */
function takeName(made: string, root: string): void {
  try {
    renameSync(made, root);
  } catch (error) {
    if (!existsSync(root)) throw error;
  }
}
