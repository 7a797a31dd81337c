// Reads the query parameters that an operation has in the dialect spoken, by the contract's table: any other is ignored.
import { type OperationId, operations, type Parameter } from '../../contract/operations.ts';
import type { Call } from './call.ts';

/** The parameter as given, undefined when absent or unknown to the dialect. Throws TypeError for one that the operation has in no dialect. */
export function readParameter(call: Call, id: OperationId, name: string): string | undefined {
  const known: readonly Parameter[] = operations[id].parameters;
  const parameter = known.find((candidate) => candidate.name === name);
  if (parameter === undefined) throw new TypeError(`${id} has no parameter ${name}`);
  return parameter.dialects.includes(call.deployment.dialect) ? call.query.get(name) : undefined;
}

/** Whether it says `true`, in any case. */
export function isTrue(call: Call, id: OperationId, name: string): boolean {
  return readParameter(call, id, name)?.toLowerCase() === 'true';
}
