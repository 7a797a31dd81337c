// Which of its three styles PyYAML prints a string in: plain, single quoted, or double quoted, in that preference.
import { isPlainString } from './yaml-implicit-types.ts';

export type ScalarStyle = 'plain' | 'single' | 'double';

/** Whether the text has more than one line, as YAML 1.1 counts lines. */
export function isMultiline(text: string): boolean {
  return /[\n\u0085\u2028\u2029]/.test(text);
}

/** The style of a string in block context; `isKey` when it stands before a colon on its own line. */
export function scalarStyle(text: string, isKey: boolean): ScalarStyle {
  if (text === '') return 'single';
  if (isPlainString(text) && isPlainForm(text)) return 'plain';
  // Anything that needs an escape, and blanks around a line break, which folding would lose.
  const needsDouble = /[^\n\x20-\x7e]/.test(text) || / \n|\n /.test(text);
  return needsDouble || (isKey && isMultiline(text)) ? 'double' : 'single';
}

/** Whether the text can stand without quotes: printable ASCII, one line, and no indicator where it would count. */
function isPlainForm(text: string): boolean {
  if (!/^[\x20-\x7e]*$/.test(text) || text.startsWith(' ') || text.endsWith(' ')) return false;
  if (/^(?:---|\.\.\.)/.test(text)) return false;
  return !/^[#,[\]{}&*!|>'"%@`]|^[?:-](?: |$)|:(?: |$)| #/.test(text);
}
