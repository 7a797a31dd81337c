// 96 MB for everything: polls, a forced discovery, drains, answers of 10 MB, scripts that flood, clients of status and metrics.
// The runtime is a copy of its own, so that its page cache is charged to the group as it is on an instance.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { AwsScene } from '../../e2e/agent/aws-scene.ts';
import { AGENT, INSTANCE_ID, temporaryDirectory } from '../../fixtures/programs.ts';
import { answer } from '../../e2e/agent/scripted-api.ts';
import { Cgroup } from './cgroup.ts';
import { ask } from './control-clients.ts';
import type { ProcessRow, Trial } from './trial.ts';

const LIMIT_BYTES = 96 * 2 ** 20;
const MEBIBYTE = 2 ** 20;
const ROUNDS = 3;
const CLIENTS = 10;
const FLOOD = 'head -c 4000000 /dev/zero | tr "\\0" "x" | fold -w 200; echo "$1"';
const LARGE_ANSWER = answer(200, `{"InstanceId":"${'x'.repeat(10 * MEBIBYTE)}"}`);
const SETTLE_MS = 60_000;

export const MEMORY_ROW: ProcessRow = {
  name: '96 MB of memory',
  stances: ['running'],
  withinMs: 0,
  isAlone: true,
  times: 1,
  attempt: tryMemory,
};

async function tryMemory(): Promise<Trial> {
  const closers: (() => unknown)[] = [];
  const broken: string[] = [];
  let figures = '';
  // Those that a machine with other things to do does not serve within the socket's five seconds.
  let unanswered = 0;
  let measure = (): void => {};
  try {
    const group = Cgroup.create('memory', { memoryBytes: LIMIT_BYTES });
    closers.push(() => group.remove());
    const copy = uncachedCopy();
    closers.push(() => copy.close());
    const aws = await AwsScene.create({
      after: (close: () => unknown) => void closers.push(close),
    } as unknown as TestContext);
    for (const state of ['draining', 'running']) aws.scene.script(state, '10-flood', FLOOD);
    const program = join(copy.path, 'dist/bin', 'cs-instance-watcher');
    const wrapper = group.wrapper(`shift && exec ${program} "$@"`);
    const agent = aws.start(['--stale-context-timeout', '1', '--metrics-listen', '127.0.0.1:9899'], {
      wrapper,
    });
    closers.push(() => agent.kill());
    await agent.log.waitFor('state-changed', 0, SETTLE_MS);
    const smallest = residentMb(agent.pid);
    measure = () => {
      const faults = Number(readFileSync(`/proc/${agent.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[9]);
      figures = `${mb(group.peakBytes())} MB charged at the highest, page cache included, ${group.kills()} kills, ${faults} reads from disk, ${unanswered} of ${2 * ROUNDS * CLIENTS} clients unanswered; resident ${smallest}, then ${residentMb(agent.pid)}; ${largestParts(agent.pid)}`;
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [state, event] of [
        ['draining', 'table-installed'],
        ['running', 'table-removed'],
      ] as const) {
        const from = agent.log.lines.length;
        await aws.fleet.setState(INSTANCE_ID, state);
        await agent.log.waitFor(event, from, SETTLE_MS);
        await agent.log.waitFor('hook-completed', from, SETTLE_MS);
        const clients = Array.from({ length: CLIENTS }, (_, index) =>
          ask(aws.scene.path('run'), index % 2 === 0 ? 'status' : 'metrics'),
        );
        const failed = (await Promise.allSettled(clients)).filter(({ status }) => status === 'rejected');
        unanswered += failed.length;
      }
      // Everything is asked for anew.
      agent.signal('SIGHUP');
      aws.api.reply = LARGE_ANSWER;
      const from = agent.log.lines.length;
      await agent.log.waitFor('hold-began', from, SETTLE_MS);
      aws.api.reply = aws.working;
      await agent.log.waitFor('hold-ended', from, SETTLE_MS);
    }
    measure();
    if ((await ask(aws.scene.path('run'), 'status')).status !== 200) broken.push('no status in the end');
    if (group.kills() > 0) broken.push(`${group.kills()} processes killed for want of memory`);
    if ((await agent.stop()) !== 0) broken.push('it did not end well');
    aws.keepSecrets();
  } catch (error) {
    broken.push(error instanceof Error ? error.message.slice(0, 500) : String(error));
    measure();
  } finally {
    for (const close of closers.toReversed()) await close();
  }
  return { broken, recoveryMs: null, figures };
}

/** What is shipped, none of it in the page cache: whoever reads it first is charged for it. */
function uncachedCopy(): ReturnType<typeof temporaryDirectory> {
  const copy = temporaryDirectory();
  execFileSync('cp', ['-a', dirname(dirname(AGENT)), join(copy.path, 'dist')]);
  const drop = 'sync -f "$0" && find "$0" -type f -exec dd if={} iflag=nocache count=0 status=none ";"';
  execFileSync('sh', ['-c', drop, copy.path]);
  return copy;
}

const mb = (bytes: number): string => (bytes / MEBIBYTE).toFixed(0);

/** Memory of its own, and that of files. */
function residentMb(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return `${mb(kb('RssAnon') * 1024)} MB anonymous and ${mb(kb('RssFile') * 1024)} MB of files (most ever ${mb(kb('VmHWM') * 1024)})`;
}

/** The mappings that hold most, joined by what is mapped. */
function largestParts(pid: number): string {
  const parts = new Map<string, number>();
  let name = '';
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const mapped = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (mapped !== null) name = `${mapped[2]?.split('/').at(-1) || 'anonymous'} ${mapped[1]}`;
    const resident = /^Rss:\s+(\d+) kB$/.exec(line);
    if (resident !== null) parts.set(name, (parts.get(name) ?? 0) + Number(resident[1]) / 1024);
  }
  const largest = [...parts].sort(([, a], [, b]) => b - a).slice(0, 7);
  return largest.map(([part, size]) => `${part} ${size.toFixed(1)}`).join(', ');
}
