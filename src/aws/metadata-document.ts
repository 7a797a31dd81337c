// The JSON documents among the items of the metadata service, whose members are checked by whoever reads them.

/** The members of a JSON object; none when the text is anything else. */
export function toDocument(text: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null && !Array.isArray(document)
      ? { ...document }
      : {};
  } catch {
    return {};
  }
}
