// What a key/value table can hold, whichever store is behind it: the limits are DynamoDB's, so that what one store accepts
// the other does too.

const maxKeyBytes = 2048;
/** DynamoDB's 400 KiB for a whole item, less what the key, the expiry and the attributes' names can take. */
const maxValueBytes = 400 * 1024 - maxKeyBytes - 256;

/** Why there can be no such item, in words that can follow `Can't ...: `; null when there can. */
export function itemProblem(key: string, value: string | null): string | null {
  if (key === '') return 'a key is empty';
  if (!key.isWellFormed()) return 'a key is not Unicode text';
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > maxKeyBytes) return `a key is ${keyBytes} bytes long, at most ${maxKeyBytes} are possible`;
  if (value === null) return null;
  if (!value.isWellFormed()) return `the value of '${key}' is not Unicode text`;
  const valueBytes = Buffer.byteLength(value);
  if (valueBytes <= maxValueBytes) return null;
  return `the value of '${key}' is ${valueBytes} bytes long, at most ${maxValueBytes} are possible`;
}
