// Something that an operator entered is not what it has to be. The message is one line, for the operator: where it is
// wrong and what is expected there.

export class RecordError extends Error {
  override readonly name = 'RecordError';
}
