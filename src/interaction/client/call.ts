// What can be asked of an Interaction API, as types that follow from the contract: an operation, argument or parameter that no
// dialect knows does not compile.
import { type Operation, type OperationId, operations } from '../contract/operations.ts';

type Contract = typeof operations;

type IdsOver<Transport> = {
  [Id in OperationId]: Transport extends Contract[Id]['transports'][number] ? Id : never;
}[OperationId];

/** The operations that API Gateway answers. */
export type ApiOperationId = IdsOver<'api-gateway'>;

/** The operations that the queue accepts. */
export type QueuedOperationId = IdsOver<'queue'>;

/** The operations that a POST writes by: a document or one line goes in, a text comes back. */
export type WritableOperationId = {
  [Id in ApiOperationId]: Contract[Id]['request'] extends 'document' | 'line' ? Id : never;
}[ApiOperationId];

/** The parameters that an operation has in any dialect. */
export type ParameterName<Id extends OperationId> = Contract[Id]['parameters'][number]['name'];

type Words<Text extends string> = Text extends `${infer First}|${infer Rest}` ? First | Words<Rest> : Text;

/** What stands in the place of the parentheses of an operation's name. */
type Argument<Id extends OperationId> = Contract[Id]['name'] extends `${string}(${infer Pattern})`
  ? Pattern extends '.*'
    ? string
    : Words<Pattern>
  : never;

type WithQuery<Id extends OperationId> = [ParameterName<Id>] extends [never]
  ? { readonly query?: never }
  : { readonly query?: { readonly [Name in ParameterName<Id>]?: string | undefined } };

type WithArgument<Id extends OperationId> = [Argument<Id>] extends [never]
  ? { readonly argument?: never }
  : { readonly argument: Argument<Id> };

/** A body makes it a POST. Parameters that are undefined are left out. */
export type Call<Id extends ApiOperationId> = WithQuery<Id> &
  WithArgument<Id> & { readonly body?: Contract[Id]['request'] extends 'json' ? string : never };

/** A POST: the document's text, or the line. */
export type WriteCall<Id extends WritableOperationId> = WithQuery<Id> &
  WithArgument<Id> & { readonly body: string };

/** Any of them, when the operation is not known before it is run. */
export interface AnyCall {
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly argument?: string | undefined;
  readonly body?: string | undefined;
}

/** Whether asking changes nothing, so that it may be asked again when nobody knows what became of the first time. */
export function isReading(id: OperationId, call: AnyCall): boolean {
  const { methods, transports }: Operation = operations[id];
  // What the queue takes too is an action, whatever its method; the lists of instances are changed by a GET with a mode.
  const isAction = transports.includes('queue') || call.query?.mode !== undefined;
  return call.body === undefined && methods.includes('GET') && !isAction;
}

/**
 * Whether a configuration key or the name of a scheduled action can be named in a path. The API lower-cases paths, drops
 * empty parts and takes no line breaks: what does not survive that is read and written through the whole table only.
 */
export function isPathKey(key: string): boolean {
  const isLowerCase = key === key.toLowerCase();
  const hasPlainParts = key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isLowerCase && hasPlainParts && !key.includes('\n') && key.isWellFormed();
}
