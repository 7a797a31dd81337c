// The host's side of scripts/test-debian-kernel: packages, initramfs, boot, verdict.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCH_NAMES } from '../../scripts/packaging/arch.ts';
import { boot } from './boot.ts';
import { unpackedDebian } from './debian-files.ts';
import { type GuestFiles, packInitramfs } from './initramfs.ts';
import { MACHINES } from './machines.ts';
import { readSubject, type Subject, UsageError } from './subject.ts';
import { judge } from './verdict.ts';

/** One directory an architecture, below the project's root, where scripts/test-debian-kernel starts this. */
const CACHES = 'build/debian-kernel';

/** Of the host's time, many times what an idle one takes; the guest has deadlines of its own for what it waits for. */
const GUEST_DEADLINE_MS = 900_000;

/** What the guest says to the reader; everything else on the console goes to the log alone. */
const TOLD = /^(not ok|ok|#|Bail out!)/;

const startedMs = performance.now();
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());

try {
  process.exitCode = (await run(readSubject(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  process.stderr.write(`test-debian-kernel: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function run({ arch, tree }: Subject): Promise<boolean> {
  const cache = join(CACHES, arch);
  mkdirSync(cache, { recursive: true });
  // When this last ran and what it found, in one line; nothing where a run came to no verdict.
  const lastRun = join(cache, 'last-run.txt');
  rmSync(lastRun, { force: true });
  const debian = join(cache, 'debian');
  const kernel = unpackedDebian(debian, ARCH_NAMES[arch].debian);
  const { problem, lines } = await bootScenario({ arch, tree, debian, kernel }, cache);
  const consoleLog = join(cache, 'console.log');
  writeFileSync(consoleLog, `${lines.join('\n')}\n`);

  const verdict = judge(lines);
  const problems = problem === null ? verdict.problems : [problem, ...verdict.problems];
  const found = `${verdict.passed} checks passed, ${problems.length} problems, Linux ${kernel.release}, ${sinceStart()}`;
  writeFileSync(lastRun, `${new Date().toISOString()} ${found}\n`);
  for (const line of problems) say(`test-debian-kernel: ${line}`);
  say(`test-debian-kernel: ${arch}: ${found}; the whole console is in ${consoleLog}`);
  return problems.length === 0;
}

async function bootScenario(
  files: GuestFiles,
  cache: string,
): Promise<{ problem: string | null; lines: readonly string[] }> {
  const work = mkdtempSync(join(cache, 'run-'));
  const lines: string[] = [];
  try {
    const initramfs = join(work, 'initramfs');
    await packInitramfs(files, join(work, 'root'), initramfs);
    say(`# booting Debian's ${files.kernel.release} under software emulation; prepared in ${sinceStart()}`);
    const problem = await boot({
      machine: MACHINES[files.arch],
      image: files.kernel.image,
      initramfs,
      deadlineMs: GUEST_DEADLINE_MS,
      signal: ending.signal,
      onLine: (line) => {
        lines.push(line);
        if (TOLD.test(line)) say(line);
      },
    });
    return { problem, lines };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function sinceStart(): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
