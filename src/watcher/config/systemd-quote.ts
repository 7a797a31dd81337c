// Words in a systemd unit's ExecStart (systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting").

/** An argument that systemd hands over exactly as given: specifiers and variables doubled, the rest quoted if needed. */
export function quoteArgument(word: string): string {
  return quoteWord(word).replaceAll('$', '$$$$');
}

/** The program's path. Variables are not expanded in it, so `$` stays single; specifiers are. */
export function quoteProgram(path: string): string {
  return quoteWord(path);
}

function quoteWord(word: string): string {
  const doubled = word.replaceAll('%', '%%');
  if (/^[A-Za-z0-9_@%+=:,./$-]+$/.test(doubled)) return doubled;
  return `"${doubled.replace(/[\\"\p{Cc}]/gu, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  if (character === '\\' || character === '"') return `\\${character}`;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
