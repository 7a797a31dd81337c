// Errors that the operator's input causes: their messages are answers to the operator, all others are the server's faults.
import { WireFieldError } from '../../contract/wire-fields.ts';
import { FleetInstanceError } from '../fleet/parse-fleet-instance.ts';
import { RecordError } from '../records/record-error.ts';

/** Whether the message of an error is an answer to the operator. */
export function isMistake(error: unknown): error is Error {
  return (
    error instanceof FleetInstanceError || error instanceof RecordError || error instanceof WireFieldError
  );
}

/** Runs a parser; its message is put behind the path of what it parses. Throws RecordError. */
export function parseAt<Result>(path: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (isMistake(error)) throw new RecordError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
