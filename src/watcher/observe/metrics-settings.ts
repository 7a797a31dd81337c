// What the agent runs with: its version, its configuration as far as alerts need it, and where its answers come from.
import type { Registry } from 'prom-client';
import type { PortRange } from '../domain/port-ranges.ts';
import type { SourceView } from '../ports.ts';
import { LabelsGauge, OptionalGauge } from './metrics-gauges.ts';
import { labelValue } from './metrics-labels.ts';

/** Of the configuration in force. */
export interface MetricsSettings {
  readonly pollPeriodMs: number;
  readonly ports: readonly PortRange[];
  readonly refuseDelayMs: number;
  /** Null waits for ever. */
  readonly drainTimeoutMs: number | null;
  readonly staleContextAfterMs: number;
}

export class SettingsMetrics {
  readonly #instance: LabelsGauge<'instance_id' | 'group' | 'region'>;
  readonly #period: OptionalGauge;
  readonly #ranges: OptionalGauge;
  readonly #refuseDelay: OptionalGauge;
  readonly #drainTimeout: OptionalGauge;
  readonly #staleAfter: OptionalGauge;
  readonly #contextAge: OptionalGauge;

  constructor(registry: Registry, version: string) {
    const gauge = (name: string, help: string) => new OptionalGauge(registry, name, help);
    const build = new LabelsGauge(registry, 'build_info', 'The program and its runtime, as labels', [
      'version',
      'node_version',
    ]);
    build.set({ version, node_version: process.versions.node });
    this.#instance = new LabelsGauge(
      registry,
      'instance_info',
      'The instance and where it belongs, as labels; empty where not known',
      ['instance_id', 'group', 'region'],
    );
    this.#period = gauge('poll_period_seconds', 'From one poll to the next');
    this.#ranges = gauge('configured_ranges', 'Port ranges that a drain refuses; 0 runs scripts only');
    this.#refuseDelay = gauge('refuse_delay_seconds', 'From the beginning of a drain to the first refusal');
    this.#drainTimeout = gauge(
      'drain_timeout_seconds',
      'Time that a drain may take; absent when it may take for ever',
    );
    this.#staleAfter = gauge('context_stale_after_seconds', 'Age at which the context is refreshed');
    this.#contextAge = gauge(
      'context_age_seconds',
      'Since group and API address were last read; absent before, and with --api-url',
    );
  }

  show(
    settings: MetricsSettings,
    { group, region, contextAgeMs }: SourceView,
    instanceId: string | null,
  ): void {
    this.#instance.set({
      instance_id: labelValue(instanceId ?? ''),
      group: labelValue(group ?? ''),
      region: labelValue(region ?? ''),
    });
    this.#period.set(settings.pollPeriodMs / 1000);
    this.#ranges.set(settings.ports.length);
    this.#refuseDelay.set(settings.refuseDelayMs / 1000);
    this.#drainTimeout.set(settings.drainTimeoutMs === null ? null : settings.drainTimeoutMs / 1000);
    this.#staleAfter.set(settings.staleContextAfterMs / 1000);
    this.#contextAge.set(contextAgeMs === null ? null : contextAgeMs / 1000);
  }
}
