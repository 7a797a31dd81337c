// One boot of a Debian root: systemd as PID 1 in a container, in a network namespace that the test owns.
//
// The container is registered nowhere and leaves nothing in the host's /run; it goes when the test process does. Commands
// enter it with `nsenter`: neither machined nor a console is involved.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Namespace } from '../fixtures/netns.ts';
import { untilTrue } from './until.ts';

export interface ContainerOptions {
  readonly root: string;
  readonly namespace: Namespace;
  /** Directories of the host's that it sees, by the path it sees them at. */
  readonly readOnly: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a container ended. */
export type Ending = 'rebooted' | 'powered-off' | 'killed';

const BOOT_DEADLINE_MS = 60_000;
const END_DEADLINE_MS = 60_000;
const COMMAND_DEADLINE_S = 120;
/** systemd-nspawn's exit status after a reboot when it does not boot the container again itself. */
const REBOOTED = 133;
const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'];

// A /run of its own: nspawn keeps its notes there.
const START = 'mount -t tmpfs tmpfs /run && exec systemd-nspawn "$@"';

export class Container {
  readonly #nspawn: ChildProcess;
  readonly #ended: Promise<Ending>;
  readonly #said: Promise<string>;
  readonly #commands = new Set<ChildProcess>();
  #leader: number | null = null;

  private constructor(nspawn: ChildProcess) {
    this.#nspawn = nspawn;
    this.#said = text(nspawn.stderr!);
    this.#ended = once(nspawn, 'close').then(([status]) => {
      if (status === REBOOTED) return 'rebooted';
      return status === 0 ? 'powered-off' : 'killed';
    });
  }

  /** Boots and waits until systemd has nothing left to start. Fails when a unit has failed. */
  static async boot({ root, namespace, readOnly }: ContainerOptions): Promise<Container> {
    const bindings = Object.entries(readOnly).map(([inside, outside]) => `--bind-ro=${outside}:${inside}`);
    const nspawn = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'unshare', '--mount', 'sh', '-c', START, 'sh'],
        ...['--quiet', '--boot', '--register=no', '--keep-unit', '--console=pipe', `--directory=${root}`],
        // The namespace is the container's to configure, as if it were a machine's.
        ...['--capability=CAP_NET_ADMIN', `--network-namespace-path=/proc/${namespace.pid}/ns/net`],
        ...bindings,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const container = new Container(nspawn);
    try {
      await container.#running();
      return container;
    } catch (error) {
      await container.kill();
      const said = (await container.#said).trim();
      throw new Error(`the container did not come up: ${(error as Error).message}; it said: ${said}`, {
        cause: error,
      });
    }
  }

  /** Starts a command inside, as root, with nothing of the test's environment. */
  spawn(command: string, args: readonly string[]): ChildProcess {
    const inside = ['-t', String(this.leader), '--mount', '--uts', '--ipc', '--net', '--pid'];
    const words = [...inside, '--', 'env', '-i', ...ENVIRONMENT, command, ...args];
    const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#commands.add(child);
    child.once('close', () => this.#commands.delete(child));
    return child;
  }

  /** Runs a command inside to its end, whatever that is; after two minutes it is killed: status 124 or 137. */
  async try(command: string, args: readonly string[]): Promise<Outcome> {
    const child = this.spawn('timeout', ['-k', '5', String(COMMAND_DEADLINE_S), command, ...args]);
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    const [status] = (await closed) as [number | null];
    return { status, stdout, stderr };
  }

  /** PID 1 of the container, as the host numbers it. */
  get leader(): number {
    if (this.#leader === null) throw new Error('the container has not started yet');
    return this.#leader;
  }

  /** Shuts down by systemd's orderly way, and waits for the end; kills it after a minute. */
  async end(verb: 'reboot' | 'poweroff'): Promise<Ending> {
    // A shutdown stops every process for a moment, and nsenter then stops with its own: it would never be gone.
    const closed = [...this.#commands].map((command) => once(command, 'close'));
    for (const { pid } of this.#commands) {
      for (const child of childrenOf(pid as number)) process.kill(child, 'SIGKILL');
    }
    await Promise.all(closed);
    await this.try('systemctl', ['--no-block', verb]);
    const deadline = setTimeout(() => this.#killLeader(), END_DEADLINE_MS);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** As if its power was cut. */
  async kill(): Promise<void> {
    this.#killLeader();
    await this.#ended;
  }

  #killLeader(): void {
    if (this.#nspawn.exitCode !== null || this.#nspawn.signalCode !== null) return;
    // What PID 1 of a PID namespace leaves behind ends with it.
    if (this.#leader === null) this.#nspawn.kill('SIGKILL');
    else process.kill(this.#leader, 'SIGKILL');
  }

  async #running(): Promise<void> {
    let state = '';
    const ended = this.#ended.then((ending) => {
      throw new Error(`it ended (${ending})`);
    });
    ended.catch(() => {}); // it ends some time, and is waited for elsewhere
    const isRunning = async () => {
      this.#leader ??= leaderOf(this.#nspawn.pid as number);
      if (this.#leader === null) return false;
      // Fails as long as there is no systemd to ask.
      const answer = await this.try('systemctl', ['is-system-running', '--wait']);
      state = `${answer.stdout}${answer.stderr}`.trim();
      return state === 'running' || state === 'degraded';
    };
    await Promise.race([untilTrue('systemd has started everything', isRunning, BOOT_DEADLINE_MS), ended]);
    if (state === 'degraded') {
      const { stdout } = await this.try('systemctl', ['list-units', '--failed', '--plain', '--no-legend']);
      throw new Error(`units have failed: ${stdout.trim()}`);
    }
  }
}

/** The child of nspawn that is PID 1 in a namespace of its own; null before it is there. */
function leaderOf(nspawn: number): number | null {
  const isLeader = (pid: number) => /^NSpid:\t\d+\t1$/m.test(readProc(`${pid}/status`));
  return childrenOf(nspawn).find(isLeader) ?? null;
}

function childrenOf(pid: number): number[] {
  const words = readProc(`${pid}/task/${pid}/children`).split(' ');
  return words.filter((word) => word !== '').map(Number);
}

/** Empty for a process that has ended. */
function readProc(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
