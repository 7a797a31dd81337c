// What an operation is given, and what it gives back: the same whether API Gateway's part or the queue asked.
import type { Dialect } from '../../contract/instance-metadata.ts';
import type { Method } from '../../contract/operations.ts';
import type { Identity } from '../gateway/caller.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store, TableNames } from '../store/store.ts';

/** What is true of the whole deployment that this server answers for. */
export interface Deployment {
  readonly dialect: Dialect;
  readonly group: string;
  readonly accountId: string;
  readonly region: string;
  /** The REST API's id. */
  readonly apiId: string;
  /** With the stage and a slash at the end. */
  readonly apiUrl: string;
  readonly queueUrl: string;
  readonly tables: TableNames;
  /** Directory that `backup` exports to; null when none was given. */
  readonly backupPath: string | null;
  /** Directory that debug reports are written to; null when none was given. */
  readonly reportPath: string | null;
}

/** An authenticated and authorised call over HTTP. */
export interface Call {
  readonly deployment: Deployment;
  readonly store: Store;
  /** Over the same store. */
  readonly fleet: Fleet;
  readonly identity: Identity;
  readonly method: Method;
  /** What the operation's name has in the place of parentheses, normalised; null without any. */
  readonly argument: string | null;
  /** As it came, behind the stage, percent-encoded: `control/instances` looks at its last part. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** Null when empty, as API Gateway hands it over. */
  readonly body: string | null;
  readonly nowMs: number;
}

/** A message that a sender in good standing put into the queue. */
export interface QueueCall {
  readonly deployment: Deployment;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly message: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

/** `fault`: the running system's function fails here, and API Gateway says 502. */
export type OperationAnswer = { readonly status: number; readonly body: string } | { readonly fault: true };
