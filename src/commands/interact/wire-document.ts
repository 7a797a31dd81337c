// Documents for the running server are the API's own: what commands print of its answers without --raw is another form.
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { CommandFailure } from './command-context.ts';

/** The command that prints a kind of answer, and a member that its own form of one has and the API's has not. */
const printed: Readonly<Record<string, { readonly command: string; readonly member: string }>> = {
  instances: { command: 'fleet list', member: 'instanceId' },
  configuration: { command: 'config dump', member: 'origin' },
  catalogue: { command: 'config dump --unstable', member: 'origin' },
  sentMetrics: { command: 'cloudwatch sentmetrics', member: 'metricName' },
  metricCache: { command: 'cloudwatch metriccache', member: 'metricId' },
};

/** Throws CommandFailure for what a command printed without --raw. `name` is the document's. */
export function refuseModel(document: JsonValue, kind: string, name: string): void {
  const { command, member } = printed[kind] ?? {};
  if (command === undefined || member === undefined || !Array.isArray(document)) return;
  const isModel = (entry: unknown) =>
    typeof entry === 'object' && entry !== null && Object.hasOwn(entry, member);
  if (!document.some(isModel)) return;
  const advice = `make it with --raw: cs-interact ${command} --raw`;
  throw new CommandFailure(2, `${name}: this is not the API's own form: ${advice}`);
}
