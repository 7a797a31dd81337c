// The region of the API, by the option or the variables that every AWS program reads.
import { type CommandContext, CommandFailure } from './command-context.ts';

export function requireRegion(option: string | undefined, env: CommandContext['env']): string {
  const region = option ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (region) return region;
  throw new CommandFailure(
    2,
    'no region, requests cannot be signed without one: give --region or set AWS_REGION',
  );
}
