// What a reload changes, by the names that people know.
import type { AgentConfig, Setting } from './agent-config.ts';
import { OPTIONS, SETTINGS } from './options.ts';

/** Settings that a running agent has built upon: a reload leaves them as they are. */
const AT_START_ONLY: ReadonlySet<Setting> = new Set([
  'configFile',
  'logFile',
  'logFileRotation',
  'logFormat',
  'logLevel',
  'tableOwnership',
  'stateDir',
  'runtimeDir',
  'dryRun',
]);

export interface ConfigChanges {
  /** Option names whose new value is in force. */
  readonly applied: readonly string[];
  /** Option names whose new value waits for a restart. */
  readonly atRestart: readonly string[];
}

/** The options in which `next` differs from what the agent runs with. */
export function configChanges(running: AgentConfig, next: AgentConfig): ConfigChanges {
  const changed = SETTINGS.filter((name) => JSON.stringify(running[name]) !== JSON.stringify(next[name]));
  const named = (isLate: boolean): string[] =>
    changed
      .filter((setting) => AT_START_ONLY.has(setting) === isLate)
      .map((setting) => OPTIONS[setting].name);
  return { applied: named(false), atRestart: named(true) };
}
