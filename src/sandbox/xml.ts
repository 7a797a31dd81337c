// Just enough XML writing for the answers of STS and EC2.

/** A nested element: text, members, or a list of `item`. */
export type Xml = string | readonly Xml[] | { readonly [name: string]: Xml };

/** `<name xmlns="namespace">...</name>`. */
export function xmlDocument(name: string, namespace: string | undefined, content: Xml): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${escapeText(namespace)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${render(content)}</${name}>\n`;
}

function render(content: Xml): string {
  if (typeof content === 'string') return escapeText(content);
  if (isList(content)) return content.map((item) => `<item>${render(item)}</item>`).join('');
  return Object.entries(content)
    .map(([name, member]) => `<${name}>${render(member)}</${name}>`)
    .join('');
}

function isList(content: Xml): content is readonly Xml[] {
  return Array.isArray(content);
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
