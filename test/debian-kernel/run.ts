// The host's side of scripts/test-debian-kernel: kernel, initramfs, boot, verdict.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot } from './boot.ts';
import { packInitramfs } from './initramfs.ts';
import { type KernelPackage, unpackedKernel } from './kernel-package.ts';
import { judge } from './verdict.ts';

/** Below the project's root, where scripts/test-debian-kernel starts this. */
const CACHE = 'build/debian-kernel';
const CONSOLE_LOG = join(CACHE, 'console.log');
/** When this last ran and what it found, in one line. */
const LAST_RUN = join(CACHE, 'last-run.txt');

/** Of the host's time; the guest has deadlines of its own for what it waits for. */
const GUEST_DEADLINE_MS = 400_000;

/** What the guest says to the reader; everything else on the console goes to the log alone. */
const TOLD = /^(not ok|ok|#|Bail out!)/;

const startedMs = performance.now();
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  say(`test-debian-kernel: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function run(): Promise<boolean> {
  if (process.arch !== 'x64') throw new Error(`the kernel is for amd64, this node is for ${process.arch}`);
  mkdirSync(CACHE, { recursive: true });
  const kernel = unpackedKernel(join(CACHE, 'kernel'));
  const { problem, lines } = await bootScenario(kernel);
  writeFileSync(CONSOLE_LOG, `${lines.join('\n')}\n`);

  const verdict = judge(lines);
  const problems = problem === null ? verdict.problems : [problem, ...verdict.problems];
  const found = `${verdict.passed} checks passed, ${problems.length} problems, Linux ${kernel.release}, ${sinceStart()}`;
  writeFileSync(LAST_RUN, `${new Date().toISOString()} ${found}\n`);
  for (const line of problems) say(`test-debian-kernel: ${line}`);
  say(`test-debian-kernel: ${found}; the whole console is in ${CONSOLE_LOG}`);
  return problems.length === 0;
}

async function bootScenario(
  kernel: KernelPackage,
): Promise<{ problem: string | null; lines: readonly string[] }> {
  const work = mkdtempSync(join(CACHE, 'run-'));
  const lines: string[] = [];
  try {
    const initramfs = join(work, 'initramfs');
    await packInitramfs(kernel, join(work, 'root'), initramfs);
    say(`# booting Debian's ${kernel.release} under software emulation; prepared in ${sinceStart()}`);
    const problem = await boot({
      image: kernel.image,
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
