// Keys that a document has twice: the API takes the last of them without a word, and so does whatever reads the document.
import { isScalar, parseDocument, visit } from 'yaml';
import { quote } from './quote.ts';

/** Beyond it the library takes seconds. */
const maxLength = 256 * 1024;

/**
 * The keys that one object of a document has more than once, each once, in their order. JSON is read as the YAML that it
 * nearly is; a text that is neither, or is too long to be looked into, has none.
 */
export function duplicateKeys(text: string): readonly string[] {
  if (text.length > maxLength) return [];
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  const found = new Set<string>();
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name) && name !== '<<') found.add(quote(name, 200));
        seen.add(name);
      }
    },
  });
  return [...found];
}
