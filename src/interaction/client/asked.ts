// One request of the operators' client, as far as an explanation of what came of it goes.
import { operationPath } from '../contract/operations.ts';
import type { ApiRoute } from './api-address.ts';
import type { AnyCall, ApiOperationId } from './call.ts';
import { quote } from './quote.ts';

export interface Asked {
  readonly id: ApiOperationId;
  readonly call: AnyCall;
  readonly method: string;
  readonly route: ApiRoute;
  /** Signed for. */
  readonly region: string;
}

/** For what people say and read: `metadata`, `configuration/app.disable`, `operations`. */
export function subjectOf(id: ApiOperationId, call: AnyCall): string {
  return quote(operationPath(id, call.argument ?? null)) || 'operations';
}
