// Where a service of AWS answers: the endpoint the environment names, else the one of partition and region.
import { type Environment, EnvironmentError } from './http-agents.ts';

export type EndpointService = 'sts' | 'ec2' | 'lambda' | 'dynamodb' | 'sqs';

export type EndpointQuery = {
  readonly service: EndpointService;
  readonly region: string;
  readonly env: Environment;
  /** `services/domain` of IMDS, when it is known. */
  readonly dnsSuffix?: string | undefined;
};

type Partition = {
  readonly name: string;
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  readonly dualStackSuffix: string;
};

const partitions: readonly Partition[] = [
  {
    name: 'aws-cn',
    regions: /^cn-/,
    dnsSuffix: 'amazonaws.com.cn',
    dualStackSuffix: 'api.amazonwebservices.com.cn',
  },
  { name: 'aws-us-gov', regions: /^us-gov-/, dnsSuffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
  { name: 'aws-iso-b', regions: /^us-isob-/, dnsSuffix: 'sc2s.sgov.gov', dualStackSuffix: 'api.aws.scloud' },
  {
    name: 'aws-iso-e',
    regions: /^eu-isoe-/,
    dnsSuffix: 'cloud.adc-e.uk',
    dualStackSuffix: 'api.cloud-aws.adc-e.uk',
  },
  {
    name: 'aws-iso-f',
    regions: /^us-isof-/,
    dnsSuffix: 'csp.hci.ic.gov',
    dualStackSuffix: 'api.aws.hci.ic.gov',
  },
  { name: 'aws-iso', regions: /^us-iso-/, dnsSuffix: 'c2s.ic.gov', dualStackSuffix: 'api.aws.ic.gov' },
  {
    name: 'aws-eusc',
    regions: /^eusc-/,
    dnsSuffix: 'amazonaws.eu',
    dualStackSuffix: 'api.amazonwebservices.eu',
  },
  { name: 'aws', regions: /./, dnsSuffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
];

/** Whether a host name is one of AWS's own, of any partition. */
export function isAwsHost(hostname: string): boolean {
  return partitions.some(({ dnsSuffix, dualStackSuffix }) =>
    [dnsSuffix, dualStackSuffix].some((suffix) => hostname.endsWith(`.${suffix}`)),
  );
}

/** The partition that a region belongs to, by its name, for when IMDS does not tell. */
export function partitionOfRegion(region: string): string {
  return partitionFor(region).name;
}

/**
 * The endpoint of a service: AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL (unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), else the regional one, with AWS_USE_FIPS_ENDPOINT and
 * AWS_USE_DUALSTACK_ENDPOINT. Throws EnvironmentError when a variable is no http or https URL.
 */
export function serviceEndpoint(query: EndpointQuery): URL {
  return configuredEndpoint(query.service, query.env) ?? regionalEndpoint(query);
}

/** The endpoint that the environment names for a service, if it does. Throws EnvironmentError as `serviceEndpoint` does. */
export function configuredEndpoint(service: EndpointService, env: Environment): URL | undefined {
  if (isTrue(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS)) return undefined;
  for (const variable of [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL']) {
    const value = env[variable];
    if (!value) continue;
    const url = URL.parse(value);
    if (url !== null && /^https?:$/.test(url.protocol)) return url;
    throw new EnvironmentError(variable, `${value} is not an http or https URL`);
  }
  return undefined;
}

function regionalEndpoint({ service, region, env, dnsSuffix }: EndpointQuery): URL {
  const partition = partitionFor(region);
  const isDualStack = isTrue(env.AWS_USE_DUALSTACK_ENDPOINT);
  const isFips = isTrue(env.AWS_USE_FIPS_ENDPOINT);
  // In GovCloud the plain endpoints are the FIPS ones, except Lambda's.
  const hasFipsName = isFips && (service === 'lambda' || isDualStack || partition.name !== 'aws-us-gov');
  const suffix = isDualStack ? partition.dualStackSuffix : (dnsSuffix ?? partition.dnsSuffix);
  return new URL(`https://${service}${hasFipsName ? '-fips' : ''}.${region}.${suffix}/`);
}

function partitionFor(region: string): Partition {
  return partitions.find(({ regions }) => regions.test(region))!;
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
