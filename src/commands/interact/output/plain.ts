// Text from the network on its way to a terminal: whatever a terminal would act on becomes harmless.

// C0, C1, bidirectional and invisible marks, line separators, half a surrogate pair.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One line of any length: unprintable characters become spaces. Blanks that a value has stay. */
export function plainLine(text: string): string {
  return text.replace(unprintable, ' ');
}

/** Text of several lines. */
export function plainText(text: string): string {
  return text.split('\n').map(plainLine).join('\n');
}

/** JSON with two spaces; characters that a terminal would act on stand escaped, so that the value is still the same. */
export function plainJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  // The line breaks are the layout's own: JSON.stringify escapes those in strings.
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return character === '\n' ? character : escapeUnits(character);
  });
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
