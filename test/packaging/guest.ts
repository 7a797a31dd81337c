// A Debian 12 machine that a test may install into, boot, reboot and look into, on a private network with a client.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Network } from '../e2e/packets/network.ts';
import { Container, type Outcome } from './container.ts';
import { copyOfRoot } from './root.ts';

export interface GuestOptions {
  /** Directories of the host's that it sees from its first boot on, by the path it sees them at. */
  readonly readOnly?: Readonly<Record<string, string>>;
}

interface Boot {
  readonly container: Container;
  readonly network: Network;
}

export class Guest {
  /** Its file system, seen from the host, whether it is on or off. */
  readonly root: string;
  readonly #readOnly: Readonly<Record<string, string>>;
  #boot: Boot | null = null;

  private constructor(root: string, readOnly: Readonly<Record<string, string>>) {
    this.root = root;
    this.#readOnly = readOnly;
  }

  /** A machine that is off, its own until the test ends. */
  static async create(
    test: Pick<TestContext, 'after'>,
    { readOnly = {} }: GuestOptions = {},
  ): Promise<Guest> {
    const copy = await copyOfRoot('bookworm');
    const guest = new Guest(copy.path, readOnly);
    test.after(async () => {
      await guest.cutPower();
      copy.close();
    });
    return guest;
  }

  /** A file of the machine's, seen from the host. */
  path(inside: string): string {
    return join(this.root, inside);
  }

  /** The network of this boot; the machine is its `host`, which serves the ports. */
  get network(): Network {
    return this.#running.network;
  }

  /**
   * Waits until systemd has started everything. The network namespace is a fresh one every time, as a machine's is: no
   * ruleset survives a reboot. Not `plugged`, the cable to the client is out until `plug`.
   */
  async boot({ isPlugged = true }: { readonly isPlugged?: boolean } = {}): Promise<void> {
    assert.equal(this.#boot, null, 'it is off');
    const network = await Network.create();
    try {
      if (!isPlugged) await network.client.namespace.run('ip', ['link', 'set', 'to-host', 'down']);
      const namespace = network.host.namespace;
      const container = await Container.boot({ root: this.root, namespace, readOnly: this.#readOnly });
      this.#boot = { container, network };
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Puts the cable in; the client has only its IPv4 addresses then. */
  async plug(): Promise<void> {
    await this.network.client.namespace.run('ip', ['link', 'set', 'to-host', 'up']);
  }

  /** By systemd's orderly way; what was connected is gone. */
  async reboot(): Promise<void> {
    await this.#end('reboot', 'rebooted');
    await this.boot();
  }

  async powerOff(): Promise<void> {
    await this.#end('poweroff', 'powered-off');
  }

  /** Ends it at once, if it is on. */
  async cutPower(): Promise<void> {
    if (this.#boot === null) return;
    const { container, network } = this.#boot;
    this.#boot = null;
    await container.kill();
    await network.close();
  }

  /** Runs a command to its end, whatever that is. */
  try(command: string, args: readonly string[] = []): Promise<Outcome> {
    return this.#running.container.try(command, args);
  }

  /** Runs a command, which must succeed; its standard output. */
  async run(command: string, args: readonly string[] = []): Promise<string> {
    const { status, stdout, stderr } = await this.try(command, args);
    assert.equal(status, 0, `${command} ${args.join(' ')}: exit status ${status}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Runs lines of a root shell; the first that fails ends it. */
  shell(script: string): Promise<string> {
    return this.run('sh', ['-ec', script]);
  }

  /** Starts a command that goes on by itself and ends with the machine. */
  spawn(...command: Parameters<Container['spawn']>): ReturnType<Container['spawn']> {
    return this.#running.container.spawn(...command);
  }

  get #running(): Boot {
    assert.ok(this.#boot !== null, 'the machine is on');
    return this.#boot;
  }

  async #end(...[verb, expected]: ['reboot', 'rebooted'] | ['poweroff', 'powered-off']): Promise<void> {
    const { container, network } = this.#running;
    const ending = await container.end(verb);
    this.#boot = null;
    await network.close();
    assert.equal(ending, expected);
  }
}
