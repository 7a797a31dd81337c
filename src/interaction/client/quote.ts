// What came from the network, made fit for one line of a log: bounded, and without anything a terminal would act on.

/** At most `maxLength` characters of a text; control, bidirectional and separator characters become spaces. */
export function quote(text: string, maxLength = 80): string {
  const plain = text
    .slice(0, maxLength * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = Array.from(plain);
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 3).join('')}...` : plain;
}
