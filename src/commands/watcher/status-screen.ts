// The status as one screen of text, for a person.
import type { StatusDocument } from '../../watcher/observe/status-document.ts';
import { headline } from './status-headline.ts';
import { type Row, statusRows } from './status-rows.ts';
import { atMost, wrapped } from './status-text.ts';

export interface ScreenOptions {
  /** Columns. */
  readonly width: number;
  readonly colours: boolean;
}

type Paint = (text: string) => string;

/** From the condition's word to what follows it, and from a row's label to its text. */
const INDENT = 10;
/** SGR codes: bold with green, yellow, cyan, red. */
const CONDITION_CODES: Readonly<Record<StatusDocument['condition'], string>> = {
  open: '1;32',
  draining: '1;33',
  drained: '1;36',
  degraded: '1;31',
  down: '1;31',
};
const LABEL_CODE = '2';
/** Of what is wrong. */
const LABEL_CODES: Readonly<Record<string, string>> = { trouble: '31', hold: '33' };

/** The screen's lines, none longer than the width. */
export function statusScreen(document: StatusDocument, { width, colours }: ScreenOptions): string[] {
  const paint =
    (code: string): Paint =>
    (text) =>
      colours ? `\x1b[${code}m${text}\x1b[0m` : text;
  const word = document.condition.toUpperCase();
  const room = width - INDENT;
  return [
    ...labelled(word, wrapped(headline(document), room), paint(CONDITION_CODES[document.condition])),
    '',
    ...statusRows(document).flatMap((row) =>
      labelled(row.label, linesOf(row, room), paint(LABEL_CODES[row.label] ?? LABEL_CODE)),
    ),
  ];
}

function linesOf({ entries, isTable, maxLines }: Row, room: number): string[] {
  if (isTable === true) return entries.map((entry) => entry.slice(0, room));
  return entries.flatMap((entry) => atMost(wrapped(entry, room), maxLines ?? Infinity, room));
}

function labelled(label: string, lines: readonly string[], paint: Paint): string[] {
  return lines.map((line, i) =>
    i === 0 ? `${paint(label)}${' '.repeat(INDENT - label.length)}${line}` : `${' '.repeat(INDENT)}${line}`,
  );
}
