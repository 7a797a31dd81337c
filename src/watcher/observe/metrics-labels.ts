// What may become the value of a label: short, printable, and of few kinds, whoever wrote it.

const MAX_LENGTH = 128;
/** Series that one label may make; the rest are counted together. */
const MAX_VALUES = 20;
const REST = 'other';

/** A text from elsewhere as a label's value: well-formed, one line, without control or format characters, at most 128 characters. */
export function labelValue(text: string): string {
  return text
    .slice(0, MAX_LENGTH)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '_');
}

/** The values of one label: the first 20 are told apart, every later one is `other`. */
export class BoundedLabel {
  readonly #known = new Set<string>();

  of(text: string): string {
    const value = labelValue(text);
    if (this.#known.has(value)) return value;
    if (this.#known.size >= MAX_VALUES) return REST;
    this.#known.add(value);
    return value;
  }
}
