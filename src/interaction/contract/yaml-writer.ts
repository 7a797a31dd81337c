// Puts YAML together with PyYAML's rules for blanks, line starts and folding, which depend on the column that was reached.
import type { ScalarStyle } from './yaml-scalar-style.ts';

/** A line is folded at the first blank behind that column. */
const widthColumns = 80;

interface IndicatorOptions {
  /** Directly behind what is before it, without a blank. */
  readonly isAttached?: boolean;
  /** What follows may stand on the same line as if the line began there: `- - a`. */
  readonly isIndent?: boolean;
}

interface StringOptions {
  /** Columns before each further line. */
  readonly indent: number;
  readonly isFolded: boolean;
}

export class YamlWriter {
  text = '';
  /** In code points, as Python counts. */
  #column = 0;
  /** Whether the last thing written was a blank, or nothing. */
  #isAfterBlank = true;
  /** Whether only indentation and indicators that count as such stand on the line. */
  isAtIndent = true;

  /** Goes to `indent` on a line of its own, unless the line has only come that far. */
  startLine(indent: number): void {
    const isThere = this.#column < indent || (this.#column === indent && this.#isAfterBlank);
    if (!this.isAtIndent || !isThere) this.#breakLine();
    if (this.#column < indent) {
      this.#write(' '.repeat(indent - this.#column));
      this.#isAfterBlank = true;
    }
  }

  indicator(indicator: string, { isAttached = false, isIndent = false }: IndicatorOptions = {}): void {
    this.#write(this.#isAfterBlank || isAttached ? indicator : ` ${indicator}`);
    this.#isAfterBlank = false;
    this.isAtIndent &&= isIndent;
  }

  string(text: string, style: ScalarStyle, options: StringOptions): void {
    if (style === 'plain') this.#plain(text, options);
    else if (style === 'single') this.#singleQuoted(text, options);
    else this.#doubleQuoted(text, options);
  }

  #plain(text: string, { indent, isFolded }: StringOptions): void {
    if (!this.#isAfterBlank) this.#write(' ');
    this.#endBlank();
    for (const run of text.match(/ +|[^ ]+/g) ?? []) {
      if (run === ' ' && isFolded && this.#column > widthColumns) {
        this.startLine(indent);
        this.#endBlank();
      } else {
        this.#write(run);
      }
    }
  }

  #singleQuoted(text: string, { indent, isFolded }: StringOptions): void {
    this.indicator("'");
    const runs = text.match(/ +|\n+|[^ \n]+/g) ?? [];
    runs.forEach((run, index) => {
      const isInside = index > 0 && index < runs.length - 1;
      if (run === ' ' && isInside && isFolded && this.#column > widthColumns) {
        this.startLine(indent);
      } else if (run.startsWith('\n')) {
        // One more than there are, as folding makes a single one a blank.
        this.#breakLine();
        for (const _ of run) this.#breakLine();
        this.startLine(indent);
      } else {
        this.#write(run.replaceAll("'", "''"));
      }
    });
    this.indicator("'", { isAttached: true });
  }

  #doubleQuoted(text: string, { indent, isFolded }: StringOptions): void {
    this.indicator('"');
    const characters = [...text];
    let pending = '';
    characters.forEach((character, index) => {
      const escaped = toEscape(character);
      if (escaped !== null) {
        this.#write(pending + escaped);
        pending = '';
      }
      const isInside = index > 0 && index < characters.length - 1;
      const isFoldable = isFolded && isInside && (character === ' ' || pending === '');
      // PyYAML folds one column later behind an escape than elsewhere.
      const column = this.#column + (escaped === null ? pending.length : -1);
      if (isFoldable && column > widthColumns) {
        this.#write(`${pending}\\`);
        pending = '';
        this.startLine(indent);
        this.#endBlank();
        // A blank at the start of a line counts only behind a backslash.
        if ((escaped === null ? character : characters[index + 1]) === ' ') this.#write('\\');
      }
      if (escaped === null) pending += character;
    });
    this.#write(pending);
    this.indicator('"', { isAttached: true });
  }

  #write(text: string): void {
    this.text += text;
    this.#column += text.length;
  }

  #breakLine(): void {
    this.text += '\n';
    this.#column = 0;
    this.#isAfterBlank = true;
    this.isAtIndent = true;
  }

  #endBlank(): void {
    this.#isAfterBlank = false;
    this.isAtIndent = false;
  }
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

/** The escape that a character needs in double quotes; null when it can stand as it is. */
function toEscape(character: string): string | null {
  const named = namedEscapes[character];
  if (named !== undefined) return `\\${named}`;
  const codePoint = character.codePointAt(0)!;
  if (codePoint >= 0x20 && codePoint <= 0x7e) return null;
  const hex = codePoint.toString(16).toUpperCase();
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
