// What options say of an instance, the same for `state add` and `state change`.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseTimestamp, pythonTimestamp } from '../../interaction/contract/timestamps.ts';
import { ec2States, subfleetTag } from '../../interaction/server/fleet/fleet-instance.ts';

export interface InstanceOptions {
  readonly name?: string;
  readonly type?: string;
  readonly az?: string;
  readonly azIssues?: boolean;
  readonly ec2State?: string;
  readonly status?: string;
  readonly subfleet?: string;
  readonly spot?: boolean;
  readonly spotInterrupted?: string | true;
  readonly spotRebalance?: string | true;
  readonly tag?: Readonly<Record<string, string>>;
  readonly targetGroups?: number;
  readonly targetGroupArn?: readonly string[];
}

export function addInstanceOptions(command: Command): Command {
  const options = [
    new Option('--name <name>', 'its name; otherwise its tag Name says'),
    new Option('--type <type>', 'its instance type'),
    new Option('--az <zone>', 'its availability zone'),
    new Option('--az-issues', 'its availability zone has issues'),
    new Option('--ec2-state <state>', 'what EC2 says of it, whatever scaling has decided').choices(ec2States),
    new Option('--status <status>', 'its status check, e.g. "ok" or "impaired"'),
    new Option(
      '--subfleet <name>',
      `the subfleet it belongs to: its tag ${subfleetTag}; "" is the main fleet`,
    ),
    new Option('--spot', 'it is a Spot instance'),
    new Option(
      '--spot-interrupted [time]',
      'EC2 is about to take it back, as it said then, or now',
    ).argParser(parseTime),
    new Option('--spot-rebalance [time]', 'EC2 recommends to replace it, as it said then, or now').argParser(
      parseTime,
    ),
    new Option('--tag <key=value>', 'a tag; may be repeated').argParser(collectTag),
    new Option('--target-groups <count>', 'how many target groups the deployment has')
      .argParser(parseCount)
      .conflicts('targetGroupArn'),
    new Option('--target-group-arn <arn>', 'one of them; may be repeated').argParser(collectText),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** The fields that were given. `nowMs` is the time of Spot events without one. */
export function toInstanceFields(options: InstanceOptions, nowMs: number): Record<string, unknown> {
  const { name, type, az, azIssues, ec2State, status, subfleet, spot, tag, targetGroups } = options;
  const { spotInterrupted, spotRebalance, targetGroupArn } = options;
  const timeOf = (given: string | true | undefined) => (given === true ? pythonTimestamp(nowMs) : given);
  const isSpot = spotInterrupted !== undefined || spotRebalance !== undefined ? true : spot;
  const fields = {
    name: orNull(name),
    type,
    az,
    azIssues,
    ec2State,
    status,
    subfleet: orNull(subfleet),
    spot: isSpot,
    spotInterruptedAt: timeOf(spotInterrupted),
    spotRebalanceRecommendedAt: timeOf(spotRebalance),
    tags: tag,
    targetGroups,
    targetGroupArns: targetGroupArn,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** An empty name is none. */
function orNull(text: string | undefined): string | null | undefined {
  return text === '' ? null : text;
}

export function collectText(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

function collectTag(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Expected KEY=VALUE.');
  return { ...previous, [text.slice(0, equals)]: text.slice(equals + 1) };
}

function parseTime(text: string): string {
  if (parseTimestamp(text) === null) throw new InvalidArgumentError('Expected e.g. 2030-01-31T12:00:00Z.');
  return text;
}

function parseCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Expected a count.');
  return Number(text);
}
