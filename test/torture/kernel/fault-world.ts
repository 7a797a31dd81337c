// One host whose agent's netlink calls can be spoiled: a client that probes all the time and holds connections, and an API
// that says what it is told.
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conversation } from '../../fixtures/endpoint.ts';
import type { Attempt, Target } from '../../fixtures/endpoint-program.ts';
import type { LogLine } from '../../fixtures/log-lines.ts';
import {
  type AgentProcess,
  askEverySecond,
  KEY,
  startAgent,
  temporaryDirectory,
} from '../../fixtures/programs.ts';
import { listenIn } from '../../e2e/agent/namespace-listener.ts';
import { ScriptedApi, says } from '../../e2e/agent/scripted-api.ts';
import type { Mode } from '../../e2e/packets/drain-host.ts';
import { FAMILIES, HOST, Network, PUBLISHED, SERVED } from '../../e2e/packets/network.ts';
import { tableHandles } from '../../e2e/packets/table-handles.ts';
import { leastFlips } from './flips.ts';
import { NetlinkFaults } from './netlink-faults.ts';
import { ADDED, asUsual, BOTH_TARGETS, PORT_LISTS, type PortList, USUAL_TARGETS } from './port-lists.ts';
import type { Programs } from './programs.ts';

const LANES = 2;

/** Attempts in which every target is tried twice. */
const twiceRound = (targets: readonly Target[]): number => 2 * LANES * targets.length;

const TABLE = ['table', 'inet', 'cs-instance-watcher'];

/** NETLINK_NETFILTER, and NFNLGRP_NFTABLES as a bit, as /proc/net/netlink has them. */
const NETFILTER = '12';
const NFTABLES_GROUP = '00000040';

/** What the client saw from `startProbe` on. */
export interface Seen {
  readonly flips: number;
  /** How the last attempts ended, all of them begun after everything else was over. */
  readonly outcomes: readonly string[];
  /** Outcomes that are neither open nor closed. */
  readonly strange: readonly string[];
}

export interface StartOptions {
  /** Whether its netlink calls are counted and spoiled. */
  readonly isSpoiled?: boolean;
  /** Beside `agent`, which stays the one that it was. */
  readonly isExtra?: boolean;
}

export class FaultWorld {
  readonly mode: Mode;
  readonly network: Network;
  readonly api: ScriptedApi;
  readonly faults: NetlinkFaults;
  readonly #programs: Programs;
  readonly #directory: ReturnType<typeof temporaryDirectory>;
  readonly #agents: AgentProcess[] = [];
  readonly #extra: AgentProcess[] = [];
  readonly #talks: Conversation[] = [];
  readonly #config: string;
  readonly #tables = new Map<PortList, string | null>();
  /** What is probed. */
  #targets: readonly Target[] = USUAL_TARGETS;

  private constructor(mode: Mode, network: Network, api: ScriptedApi, programs: Programs) {
    this.mode = mode;
    this.network = network;
    this.api = api;
    this.#programs = programs;
    this.#directory = temporaryDirectory('/run');
    this.faults = new NetlinkFaults(programs.shim, this.#directory.path);
    this.#config = join(this.#directory.path, 'config.json');
    this.#configure('usual');
  }

  /** The API says `running`, no agent runs, and a client has a connection of each family. */
  static async create(mode: Mode, programs: Programs): Promise<FaultWorld> {
    const network = await Network.create();
    try {
      await network.host.call('listen', ADDED);
      const [listener] = await listenIn(network.host.namespace, 1);
      const world = new FaultWorld(mode, network, new ScriptedApi(listener!), programs);
      const open = (family: (typeof FAMILIES)[number]) =>
        Conversation.open(network.client, { host: HOST[family], port: SERVED.web }, network.host);
      world.#talks.push(...(await Promise.all(FAMILIES.map(open))));
      return world;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** The host has a container too, whose port the client holds a connection to: the agent finds it in conntrack alone. */
  async publish(): Promise<void> {
    const { container } = await this.network.publish();
    const target = { host: HOST.v4, port: PUBLISHED };
    this.#talks.push(await Conversation.open(this.network.client, target, container));
  }

  /** The last one started that is not an extra one. */
  get agent(): AgentProcess {
    return this.#agents.at(-1)!;
  }

  /** The agents started and not killed. */
  get running(): readonly AgentProcess[] {
    return [...this.#agents, ...this.#extra];
  }

  /** Starts an agent; `name` is its directory's. */
  start(name = 'agent', { isSpoiled = true, isExtra = false }: StartOptions = {}): AgentProcess {
    const ownership = ['--table-ownership', this.mode === 'owned' ? 'auto' : 'plain'];
    const agent = startAgent({
      namespace: this.network.host.namespace,
      directory: join(this.#directory.path, name),
      args: [...askEverySecond(this.api), '--config', this.#config, ...ownership],
      env: { ...KEY, ...(isSpoiled ? this.faults.env : {}) },
    });
    (isExtra ? this.#extra : this.#agents).push(agent);
    return agent;
  }

  /** Another program that commits transactions of its own, this pause between two; says `ready` once it does. */
  startWriter(pauseUs: number): ChildProcess {
    return this.network.host.namespace.spawn(this.#programs.writer, [String(pauseUs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  say(state: 'running' | 'draining'): void {
    this.api.reply = says(state);
  }

  /** Starts the agent and waits for the drain; resolves with the table as it is without a fault. */
  async drain(): Promise<string | null> {
    const { log } = this.start();
    await log.waitFor('state-changed');
    this.say('draining');
    await log.waitFor('connections');
    return this.table();
  }

  /** A drain once more. */
  async refuse(): Promise<void> {
    const from = this.agent.log.lines.length;
    this.say('draining');
    await this.agent.log.waitFor('connections', from);
  }

  /** Ends the drain. */
  async open(): Promise<void> {
    const from = this.agent.log.lines.length;
    this.say('running');
    await this.agent.log.waitFor('table-removed', from);
  }

  /** Has the agent, which refuses, read a configuration with these ports. */
  replace(list: PortList): void {
    this.#configure(list);
    this.agent.signal('SIGHUP');
  }

  /** During a drain of the usual ports: learns, once, how the table of either list is without a fault. */
  async learnTables(): Promise<void> {
    if (this.#tables.size > 0) return;
    for (const list of ['other', 'usual'] as const) {
      const from = this.agent.log.lines.length;
      this.replace(list);
      await this.agent.log.waitFor('connections', from);
      this.#tables.set(list, await this.table());
    }
  }

  /** As learnt. */
  tableOf(list: PortList): string | null {
    return this.#tables.get(list) ?? null;
  }

  #configure(list: PortList): void {
    const options = { on_draining_block_new_connections_to_ports: PORT_LISTS[list] };
    writeFileSync(this.#config, JSON.stringify(options), { mode: 0o600 });
  }

  /** Where only the list of the ports changes, of the ports of both lists: the usual ones' flips and outcomes are what is seen. */
  async startProbe(ports: 'usual' | 'both' = 'usual'): Promise<void> {
    this.#targets = ports === 'both' ? BOTH_TARGETS : USUAL_TARGETS;
    await this.network.client.call('startProbe', this.#targets, LANES);
    await this.network.client.call('probed', twiceRound(this.#targets));
  }

  /** Every target is tried twice more before the probe ends. */
  async stopProbe(): Promise<Seen> {
    const fromMs = Number(process.hrtime.bigint()) / 1e6;
    await this.network.client.call('probed', twiceRound(this.#targets));
    const met = await this.network.client.call('stopProbe');
    const attempts = this.#targets === BOTH_TARGETS ? asUsual(met) : met;
    const last = attempts.filter(({ beganMs }) => beganMs > fromMs);
    return { flips: leastFlips(attempts), outcomes: outcomesOf(last), strange: strangeOf(attempts) };
  }

  /** What is wrong with the connections that stood before; empty when nothing is. */
  async talk(): Promise<string[]> {
    try {
      for (const talk of this.#talks) {
        await talk.clientSends(100);
        await talk.serverSends(100);
      }
      return [];
    } catch (error) {
      return [`an established connection: ${(error as Error).message}`];
    }
  }

  /** The table as nft lists it, counters aside; null when there is none. */
  async table(): Promise<string | null> {
    const listing = this.network.host.namespace.run('nft', ['list', ...TABLE]);
    const text = await listing.catch((error: Error) => {
      if (error.message.includes('No such file or directory')) return null;
      throw error;
    });
    if (text === null) return null;
    return text.replaceAll(/packets \d+ bytes \d+/g, 'packets N bytes N');
  }

  /** Another one when the table was not the same throughout; undefined when there is none. */
  async tableHandle(): Promise<number | undefined> {
    return (await tableHandles(this.network.host.namespace)).get('cs-instance-watcher');
  }

  /** Another program's transaction. */
  async nft(commands: string): Promise<void> {
    await this.network.host.namespace.run('nft', [commands]);
  }

  /** How many notifications of nf_tables the kernel has dropped because the agent did not read them. */
  async lostNotifications(): Promise<number> {
    const text = await this.network.host.namespace.run('cat', ['/proc/net/netlink']);
    // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
    const sockets = text.split('\n').map((line) => line.trim().split(/\s+/));
    const listening = sockets.filter(
      ([, protocol, , groups]) => protocol === NETFILTER && groups === NFTABLES_GROUP,
    );
    return listening.reduce((sum, [, , , , , , , , drops]) => sum + Number(drops), 0);
  }

  /** Ends the agents; the table stays. */
  async killAgents(): Promise<void> {
    for (const agent of [...this.#agents.splice(0), ...this.#extra.splice(0)]) await agent.kill();
  }

  async close(): Promise<void> {
    await this.killAgents();
    this.api.close();
    await this.network.close();
    this.faults.close();
    this.#directory.close();
  }
}

/** Lines that an operator should look at. */
export function complaints(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.filter(({ level }) => level === 'warn' || level === 'error' || level === undefined);
}

function outcomesOf(attempts: readonly Attempt[]): string[] {
  return [...new Set(attempts.map(({ outcome }) => outcome))];
}

function strangeOf(attempts: readonly Attempt[]): string[] {
  return outcomesOf(attempts).filter((outcome) => outcome !== 'connected' && outcome !== 'ECONNREFUSED');
}
