// Readings that only let a command say more about what it does: keys that may write need not be allowed to read.
import { ApiFailure } from '../../interaction/client/api-failure.ts';

/** What was read, or null where the API answered that it cannot be had. Without an answer it fails as any other. */
export async function unlessRefused<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiFailure && error.status !== null) return null;
    throw error;
  }
}
