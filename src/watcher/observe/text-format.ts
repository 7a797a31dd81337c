// One log record as a line for a person. Values come from the network too: none can forge a line or move the cursor.

const LEVELS: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO ',
  warn: 'WARN ',
  error: 'ERROR',
};

/** `2026-11-21T10:00:00Z INFO  message key=value other="two words"`, with its newline. `line` is a JSON log record. */
export function formatText(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const shownTime = String(time).replace(/\.\d+Z$/, 'Z');
  const shownLevel = LEVELS[String(level)] ?? String(level);
  const shownFields = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${printable(name)}=${formatValue(value)}`);
  return `${shownTime} ${shownLevel} ${printable(String(message ?? ''))}${shownFields.join('')}\n`;
}

function formatValue(value: unknown): string {
  const isWord = typeof value === 'string' && /^[^\s"=\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u.test(value);
  return isWord ? value : printable(JSON.stringify(value));
}

/** Control and format characters (bidirectional overrides among them) and line separators, spelled out. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  );
}
