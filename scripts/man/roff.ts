// Text as man(7) has it. Whatever comes from a definition or a sentence is escaped here; only here are macros written.

/** A page as source for man(7), line by line. */
export type Roff = readonly string[];

export interface PageTitle {
  readonly name: string;
  /** 1 for users, 8 for administrators. */
  readonly section: 1 | 8;
  readonly date: Date;
  /** Package and version. */
  readonly source: string;
  readonly manual: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  '"': '\\(dq',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** One line of output text: nothing in it is a request, an escape or the end of a macro's argument. */
export function escaped(text: string): string {
  const plain = text
    .replace(/[\\\-"'`^~]/g, (character) => ESCAPES[character] as string)
    .replace(/[^\n -~]/gu, (character) => `\\[u${hex(character)}]`);
  return plain.startsWith('.') ? `\\&${plain}` : plain;
}

/** A sentence, in which what stands between backticks is bold, on one line. */
export function prose(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line
    .split('`')
    .map((part, index) => (index % 2 === 0 ? escaped(part) : bold(part)))
    .join('');
}

export function bold(text: string): string {
  return text === '' ? '' : `\\fB${escaped(text)}\\fR`;
}

/** What the page begins with. Lines are not stretched, and words not broken: a broken option cannot be searched for. */
export function pageTitle({ name, section, date, source, manual }: PageTitle): Roff {
  // Nothing to escape in it, and mandoc reads it.
  const day = date.toISOString().slice(0, 10);
  const [heading, from, kind] = [name.toUpperCase(), source, manual].map((field) => `"${escaped(field)}"`);
  return [`.TH ${heading} ${section} ${day} ${from} ${kind}`, '.nh', '.ad l'];
}

export function section(title: string, ...blocks: readonly Roff[]): Roff {
  return [`.SH "${escaped(title)}"`, ...blocks.flat()];
}

export function subsection(title: string, ...blocks: readonly Roff[]): Roff {
  return [`.SS "${escaped(title)}"`, ...blocks.flat()];
}

/** Paragraphs of prose. The first one of a section needs no `.PP`, which mandoc would warn of. */
export function paragraphs(first: string, ...others: readonly string[]): Roff {
  return [prose(first), ...others.flatMap((text) => ['.PP', prose(text)])];
}

/** A paragraph below something else. */
export function nextParagraph(text: string): Roff {
  return ['.PP', prose(text)];
}

/** A term in bold, and what it is. */
export function tagged(term: string, text: string): Roff {
  return ['.TP', bold(term), prose(text)];
}

/** Lines as they are, set in. */
export function verbatim(text: string): Roff {
  const lines = text.replace(/^\n+|\n+$/g, '').split('\n');
  return ['.PP', '.RS 4', '.nf', ...lines.map((line) => (line === '' ? '.sp' : escaped(line))), '.fi', '.RE'];
}

function hex(character: string): string {
  return (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
}
