// The one table of the Interaction API's operations. Client requests, server routes and the listing derive from it; an
// operation is here only when both ends implement it.
import type { Dialect } from './instance-metadata.ts';

/** Where an operation can be asked for: API Gateway answers, the queue only accepts. */
export type Transport = 'api-gateway' | 'queue';

export interface Operation {
  /** The command as dispatch sees it: lower case, no outer slashes; empty for the listing. */
  readonly name: string;
  readonly dialects: readonly Dialect[];
  readonly transports: readonly Transport[];
  /** The documented methods, the preferred one first. Dispatch ignores the method, as the running system does. */
  readonly methods: readonly ['GET' | 'POST', ...('GET' | 'POST')[]];
}

export const operations = {
  listing: { name: '', dialects: ['d0', 'd1', 'd2'], transports: ['api-gateway'], methods: ['GET'] },
  metadata: { name: 'metadata', dialects: ['d0', 'd1', 'd2'], transports: ['api-gateway'], methods: ['GET'] },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

const entries = Object.entries(operations) as [OperationId, Operation][];

/** The operation that a normalised command names in a dialect, or null. */
export function findOperation(command: string, dialect: Dialect): OperationId | null {
  const found = entries.find(
    ([, operation]) => operation.name === command && operation.dialects.includes(dialect),
  );
  return found ? found[0] : null;
}

/** The names that the listing at `/` shows: API Gateway's, in code point order, without the listing itself. */
export function listedOperationNames(dialect: Dialect): string[] {
  return entries
    .map(([, operation]) => operation)
    .filter(({ dialects, transports }) => dialects.includes(dialect) && transports.includes('api-gateway'))
    .map(({ name }) => name)
    .filter((name) => name !== '')
    .sort();
}
