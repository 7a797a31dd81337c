// Tables for a person: aligned columns, one line a row, never wrapped, so that they can be cut and searched.
import { plainLine } from './plain.ts';

export type Cell = string | number | boolean | null;

export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => Cell;
}

/** Lines without trailing blanks. What is not there is a dash; an empty string is shown as one. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map(({ cell }) => shown(cell(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index]!))));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell + ' '.repeat(widths[index]! - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Two columns, for what has names and values. */
export function renderProperties(properties: readonly (readonly [name: string, value: Cell])[]): string {
  const named = properties.map(([name, value]) => [plainLine(name), shown(value)] as const);
  const width = Math.max(0, ...named.map(([name]) => widthOf(name)));
  return named.map(([name, value]) => `${name}${' '.repeat(width - widthOf(name))}  ${value}`).join('\n');
}

function shown(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return cell === '' ? '""' : plainLine(String(cell));
}

/** In characters, as long as none is wider than one column. */
function widthOf(text: string): number {
  return Array.from(text).length;
}
