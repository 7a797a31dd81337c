// What `serve` says once it listens: where it is found, and what the person who started it may not have meant.
import type { InteractionServer } from '../../interaction/server/server.ts';
import type { CommandContext } from './command-context.ts';
import { isLoopback, isWildcard } from './listen-address.ts';
import type { ServeOptions } from './serve-options.ts';

/** `apiUrl` is the form that --api-url takes. One line to stdout; it is read by scripts when no person reads it. */
export function announce(
  { origin, address }: InteractionServer,
  apiUrl: string,
  options: ServeOptions,
  context: CommandContext,
): void {
  if (!origin.startsWith('https:') && !isLoopback(address)) {
    context.warn(
      `${origin} is not loopback, and requests and answers are not encrypted: ` +
        'give --tls-cert and --tls-key, or use it on a network that you trust',
    );
  }
  if (options.data === undefined && options.dynamodb !== true) {
    context.warn('nothing is kept when the server ends: give --data FILE to keep it');
  }
  if (!context.isTerminal) {
    context.print(JSON.stringify({ listening: origin, url: apiUrl }));
    return;
  }
  const elsewhere =
    isWildcard(address) && options.publicUrl === undefined
      ? ` (from other hosts: this one's name in place of ${address}; --public-url lets discovery tell it)`
      : '';
  context.print(`listening: give agents --api-url ${apiUrl}${elsewhere}`);
}
