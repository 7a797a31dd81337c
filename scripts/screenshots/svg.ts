// A terminal's screen as a picture that is text: it can be searched and copied, and is sharp at any size.
import type { Run, TerminalSize } from './pseudo-terminal.ts';

const FONT_SIZE = 14;
/** Of one character; every run is stretched to it, whatever font the reader has. */
const CELL = { width: 8.4, height: 19 };
const PADDING = 16;
const TITLE_BAR = 34;

const INK = '#d7dae0';
const PAPER = '#1b1e24';
const FRAME = '#3a3f4b';
/** The sixteen colours of a terminal. */
const PALETTE = [
  '#5c6370',
  '#ef6b73',
  '#8cc265',
  '#e5b567',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#d7dae0',
  '#7f848e',
  '#ff7b85',
  '#a5e075',
  '#f0c674',
  '#6cb6ff',
  '#d7a1f9',
  '#63d4e0',
  '#ffffff',
] as const;

/** The picture: as wide and as high as `size`, with the lines from the top. */
export function terminalSvg(title: string, lines: readonly (readonly Run[])[], size: TerminalSize): string {
  const width = Math.ceil(size.columns * CELL.width + 2 * PADDING);
  const height = TITLE_BAR + size.rows * CELL.height + 2 * PADDING;
  const dots = ['#ef6b73', '#e5b567', '#8cc265'].map(
    (colour, i) => `<circle cx="${20 + 20 * i}" cy="${TITLE_BAR / 2}" r="6" fill="${colour}"/>`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>`,
    `<path d="M0 ${TITLE_BAR}H${width}" stroke="${FRAME}"/>`,
    ...dots,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" fill="${INK}" xml:space="preserve">`,
    `<text x="${width / 2}" y="${TITLE_BAR / 2 + 5}" text-anchor="middle" fill="${PALETTE[8]}">${escaped(title)}</text>`,
    ...lines.flatMap((runs, row) => runs.filter(isVisible).map((run) => textOf(run, row))),
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

function textOf({ column, text, isBold, isDim, colour }: Run, row: number): string {
  const x = (PADDING + column * CELL.width).toFixed(1);
  const y = TITLE_BAR + PADDING + row * CELL.height + FONT_SIZE;
  const look = [
    isBold ? ' font-weight="bold"' : '',
    isDim ? ' opacity="0.6"' : '',
    colour === null ? '' : ` fill="${PALETTE[colour] ?? INK}"`,
  ].join('');
  const length = (text.length * CELL.width).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${look}>${escaped(text)}</text>`;
}

function isVisible({ text }: Run): boolean {
  return text.trim() !== '';
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
