// The digests by which a sender checks that SQS received what it sent.
import { createHash } from 'node:crypto';

/** The value is text for the types String and Number, bytes for Binary. */
export interface MessageAttribute {
  readonly name: string;
  /** With a suffix of the sender's choice: `Number.int`. */
  readonly dataType: string;
  readonly value: string | Buffer;
}

/** In hexadecimal. */
export function bodyDigest(body: string): string {
  return createHash('md5').update(body, 'utf8').digest('hex');
}

/** Of the attributes by name, each with its lengths, as SQS defines it. In hexadecimal. */
export function attributesDigest(attributes: readonly MessageAttribute[]): string {
  const hash = createHash('md5');
  const addWithLength = (data: string | Buffer) => {
    const bytes = Buffer.from(data as string, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const { name, dataType, value } of [...attributes].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    addWithLength(name);
    addWithLength(dataType);
    hash.update(Buffer.of(typeof value === 'string' ? 1 : 2));
    addWithLength(value);
  }
  return hash.digest('hex');
}

/** What counts towards the limit of a message: its body and all of its attributes, in bytes. */
export function messageBytes(body: string, attributes: readonly MessageAttribute[]): number {
  return attributes.reduce(
    (sum, { name, dataType, value }) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(dataType) + Buffer.byteLength(value),
    Buffer.byteLength(body),
  );
}
