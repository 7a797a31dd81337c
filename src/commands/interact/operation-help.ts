// What help says of an operation, taken from the contract's table.
import { type Operation, type OperationId, operations } from '../../interaction/contract/operations.ts';

export function summaryOf(id: OperationId): string {
  return operations[id].summary;
}

/** The help of the option that gives a query parameter. Throws for a parameter that the operation does not have. */
export function parameterHelp(id: OperationId, name: string): string {
  const operation: Operation = operations[id];
  const parameter = operation.parameters.find((candidate) => candidate.name === name);
  if (parameter === undefined) throw new Error(`${operation.name} has no parameter ${name}`);
  return parameter.summary;
}
