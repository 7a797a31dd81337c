// The two listeners that balancers ask, and what they are told: a reporter that keeps the last word until somebody wants it.
import type { Reporter, Summary } from '../ports.ts';
import { startAgentCheckListener } from './agent-check-listener.ts';
import { healthDocument } from './health-document.ts';
import { type HttpDocument, startHttpListener } from './http-listener.ts';
import { KeptListener } from './kept-listener.ts';
import type { TcpAddress } from './listener.ts';

export interface HealthConfig {
  readonly healthListen: TcpAddress | null;
  readonly agentCheckListen: TcpAddress | null;
  readonly refuseDelayMs: number;
  /** Without any, nothing is ever refused. */
  readonly ports: readonly unknown[];
}

export class HealthListeners implements Pick<Reporter, 'settled'> {
  readonly #health: KeptListener;
  readonly #agentCheck: KeptListener;
  #config: HealthConfig;
  /** Null until the loop has looked once: a drain that goes on from before must not be denied meanwhile. */
  #summary: Summary | null = null;
  #isClosed = false;

  /** `degraded` hears of an address that cannot be listened on. */
  constructor(config: HealthConfig, degraded: Reporter['degraded']) {
    this.#config = config;
    this.#health = new KeptListener(
      (problem) => degraded('health listener', problem),
      (address, onTrouble) =>
        startHttpListener({ address, documentAt: () => this.#healthAnswer(), onTrouble }),
    );
    this.#agentCheck = new KeptListener(
      (problem) => degraded('agent-check listener', problem),
      (address, onTrouble) =>
        startAgentCheckListener({
          address,
          isDraining: () => this.#summary?.now.desired === 'refuse',
          onTrouble,
        }),
    );
  }

  /** Takes the addresses of a configuration that was read again. */
  update(config: HealthConfig): void {
    this.#config = config;
    if (this.#summary !== null) this.#follow();
  }

  settled(summary: Summary): void {
    const isFirst = this.#summary === null;
    this.#summary = summary;
    if (isFirst) this.#follow();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#health.close(), this.#agentCheck.close()]);
  }

  #follow(): void {
    if (this.#isClosed) return;
    const { healthListen, agentCheckListen } = this.#config;
    this.#health.update(healthListen);
    this.#agentCheck.update(agentCheckListen);
  }

  #healthAnswer(): HttpDocument | null {
    if (this.#summary === null) return null;
    const { ports, refuseDelayMs } = this.#config;
    const document = healthDocument(this.#summary, ports.length === 0 ? null : refuseDelayMs);
    return {
      status: document.draining ? 503 : 200,
      contentType: 'application/json',
      body: `${JSON.stringify(document)}\n`,
    };
  }
}
