// The host's side of scripts/test-debian-kernel: kernel, initramfs, boot, verdict.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { boot } from './boot.ts';
import { packInitramfs } from './initramfs.ts';
import { unpackedKernel } from './kernel-package.ts';
import { judge } from './verdict.ts';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, 'build/debian-kernel');
const CONSOLE_LOG = join(CACHE, 'console.log');
const GUEST_DEADLINE_MS = 300_000;

/** What the guest says to the reader; everything else on the console goes to the log alone. */
const TOLD = /^(not ok|ok|#|Bail out!)/;

const startedMs = performance.now();
const say = (text: string) => void process.stdout.write(`${text}\n`);
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());

if (process.arch !== 'x64')
  throw new Error(`this boots an amd64 kernel with this machine's node, which is ${process.arch}`);
mkdirSync(CACHE, { recursive: true });
const kernel = unpackedKernel(join(CACHE, 'kernel'));
const work = mkdtempSync(join(CACHE, 'run-'));
const lines: string[] = [];
let end: string;
try {
  const initramfs = join(work, 'initramfs');
  await packInitramfs(kernel, join(work, 'root'), initramfs);
  say(`# booting Debian's ${kernel.release}, software emulation; ready after ${sinceStart()}`);
  end = await boot({
    image: kernel.image,
    initramfs,
    deadlineMs: GUEST_DEADLINE_MS,
    signal: ending.signal,
    onLine: (line) => {
      lines.push(line);
      if (TOLD.test(line)) say(line);
    },
  });
} finally {
  rmSync(work, { recursive: true, force: true });
  writeFileSync(CONSOLE_LOG, `${lines.join('\n')}\n`);
}

const { passed, problems } = judge(lines);
const all = end === 'off' ? problems : [end, ...problems];
for (const problem of all) say(`test-debian-kernel: ${problem}`);
if (all.length > 0)
  say(`test-debian-kernel: the whole console is in ${relative(process.cwd(), CONSOLE_LOG)}`);
say(
  `test-debian-kernel: ${all.length === 0 ? 'passed' : 'FAILED'}, ${passed} checks on Linux ${kernel.release}, ${sinceStart()}`,
);
process.exitCode = all.length === 0 ? 0 : 1;

function sinceStart(): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}
