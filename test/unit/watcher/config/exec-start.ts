// systemd's side of ExecStart, written from systemd.service(5) and systemd.syntax(7): what program gets which arguments.

/** Splits, unquotes and expands one ExecStart value. Throws where systemd would refuse the line. */
export function parseExecStart(line: string): string[] {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== '') {
    const { word, length } = firstWord(rest);
    words.push(words.length === 0 ? expandSpecifiers(word) : expandVariables(expandSpecifiers(word)));
    rest = rest.slice(length).trimStart();
  }
  return words;
}

function firstWord(text: string): { word: string; length: number } {
  let word = '';
  let quote: string | null = null;
  let i = 0;
  for (; i < text.length; i += 1) {
    const character = text[i]!;
    if (quote === null && /\s/.test(character)) break;
    if (character === '\\') {
      const decoded = decodeEscape(text.slice(i));
      word += decoded.character;
      i += decoded.length - 1;
    } else if (quote === null && (character === '"' || character === "'")) {
      if (word !== '' || (i > 0 && !/\s/.test(text[i - 1]!))) throw new Error(`quote inside a word: ${text}`);
      quote = character;
    } else if (character === quote) {
      const next = text[i + 1];
      if (next !== undefined && !/\s/.test(next)) throw new Error(`text after a closing quote: ${text}`);
      quote = null;
    } else {
      if (/[\p{Cc}]/u.test(character)) throw new Error(`raw control character: ${JSON.stringify(text)}`);
      word += character;
    }
  }
  if (quote !== null) throw new Error(`unbalanced quote: ${text}`);
  if (text.slice(0, i) === ';') throw new Error('a lone ; separates commands');
  return { word, length: i };
}

function decodeEscape(text: string): { character: string; length: number } {
  const unicode = /^\\u([0-9a-f]{4})/i.exec(text);
  if (unicode !== null)
    return { character: String.fromCharCode(Number.parseInt(unicode[1]!, 16)), length: 6 };
  const simple = /^\\(["'\\])/.exec(text);
  if (simple !== null) return { character: simple[1]!, length: 2 };
  throw new Error(`unknown escape: ${text.slice(0, 8)}`);
}

function expandSpecifiers(word: string): string {
  return word.replace(/%(.?)/gs, (_, specifier: string) => {
    if (specifier !== '%') throw new Error(`specifier %${specifier}`);
    return '%';
  });
}

function expandVariables(word: string): string {
  return word.replace(/\$(.?)/gs, (_, next: string) => {
    if (next !== '$') throw new Error(`variable $${next}`);
    return '$';
  });
}
