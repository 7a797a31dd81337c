// Every native error becomes a FirewallError here and nowhere else.
import { FirewallError, type FirewallErrorCode } from './errors.ts';

/** Calls the addon and throws what it throws as a FirewallError. */
export function converting<Result>(operation: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw toFirewallError(operation, error);
  }
}

/** What native/binding/js_error.cc puts on its errors. */
interface NativeError extends Error {
  readonly code: FirewallErrorCode;
  readonly errno: number;
  readonly detail: string;
}

function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && 'detail' in error && 'errno' in error && 'code' in error;
}

/** The FirewallError of a failed native operation. */
export function toFirewallError(operation: string, error: unknown): FirewallError {
  if (isNativeError(error)) {
    return new FirewallError(error.code, operation, error.message, error.errno, error.detail);
  }
  return new FirewallError('kernel', operation, `${operation}: ${String(error)}`);
}
