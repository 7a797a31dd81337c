// `--print-config`: every option, its value and where it came from.
import type { AgentConfig, Origin, ResolvedConfig, Setting } from './agent-config.ts';
import { fileKey, OPTIONS, type OptionSpec, SETTINGS } from './options.ts';
import type { JsonValue } from './value-kinds.ts';

/** A table for people, or with `--log-format json` one object whose `value`s a configuration file can take. */
export function printConfig(resolved: ResolvedConfig): string {
  const rows = SETTINGS.filter((setting) => OPTIONS[setting].only !== 'command-line').map((setting) => ({
    name: OPTIONS[setting].name,
    value: writeSetting(setting, resolved.config),
    origin: resolved.origins[setting],
  }));
  if (resolved.config.logFormat === 'json') {
    const object = Object.fromEntries(
      rows.map(({ name, value, origin }) => [fileKey(name), { value, origin }]),
    );
    return `${JSON.stringify(object, null, 2)}\n`;
  }
  const cells = rows.map(
    ({ name, value, origin }) => [name, formatValue(value), formatOrigin(origin)] as const,
  );
  const nameWidth = Math.max(...cells.map(([name]) => name.length));
  const valueWidth = Math.max(...cells.map(([, value]) => value.length));
  return cells
    .map(([name, value, origin]) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${origin}\n`)
    .join('');
}

function writeSetting<S extends Setting>(setting: S, config: AgentConfig): JsonValue {
  const spec: OptionSpec<AgentConfig[S]> = OPTIONS[setting];
  return spec.kind.write(config[setting]);
}

function formatValue(value: JsonValue): string {
  if (value === null) return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.join(' ');
  return String(value);
}

function formatOrigin(origin: Origin): string {
  switch (origin.from) {
    case 'default':
      return 'default';
    case 'command-line':
      return `command line, ${origin.name}`;
    case 'environment':
      return `environment, ${origin.name}`;
    case 'file':
      return `file, ${origin.name}`;
  }
}
