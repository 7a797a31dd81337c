// EC2 DescribeInstances over the sandbox's one instance, by id and by filter.
import { randomUUID } from 'node:crypto';
import type { Answer } from './listener.ts';
import { serviceError } from './service-error.ts';
import type { SandboxState } from './state.ts';
import { xmlDocument } from './xml.ts';

type Instance = SandboxState['instance'];
type Filter = { readonly name: string; readonly values: readonly string[] };

/** Answers DescribeInstances; every other action is unknown. */
export function answerEc2(parameters: URLSearchParams, state: SandboxState, callerArn: string): Answer {
  const action = parameters.get('Action') ?? '';
  if (action !== 'DescribeInstances') {
    return serviceError(
      'ec2',
      400,
      'InvalidAction',
      `The action ${action} is not valid for this web service.`,
    );
  }
  if (!state.permissions.describeInstances) {
    const message = `You are not authorized to perform this operation. User: ${callerArn} is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action`;
    return serviceError('ec2', 403, 'UnauthorizedOperation', message);
  }
  const { instance } = state;
  const ids = indexed(parameters, 'InstanceId');
  const strangers = ids.filter((id) => id !== instance.instanceId);
  if (strangers.length > 0) {
    const message = `The instance ID '${strangers.join(', ')}' does not exist`;
    return serviceError('ec2', 400, 'InvalidInstanceID.NotFound', message);
  }
  const isListed = filtersOf(parameters).every((filter) => matches(instance, filter));
  return {
    status: 200,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: xmlDocument('DescribeInstancesResponse', 'http://ec2.amazonaws.com/doc/2016-11-15/', {
      requestId: randomUUID(),
      reservationSet: isListed ? [reservation(instance)] : [],
    }),
  };
}

function reservation(instance: Instance) {
  return {
    reservationId: 'r-0123456789abcdef0',
    ownerId: instance.accountId,
    instancesSet: [
      {
        instanceId: instance.instanceId,
        instanceType: instance.instanceType,
        instanceState: { code: '16', name: 'running' },
        placement: { availabilityZone: instance.availabilityZone },
        tagSet: Object.entries(instance.tags).map(([key, value]) => ({ key, value })),
      },
    ],
  };
}

function matches(instance: Instance, { name, values }: Filter): boolean {
  if (name === 'instance-id') return values.includes(instance.instanceId);
  if (name === 'tag-key') return values.some((key) => Object.hasOwn(instance.tags, key));
  if (name === 'resource-id') return values.includes(instance.instanceId);
  const key = name.startsWith('tag:') ? name.slice('tag:'.length) : undefined;
  return key !== undefined && Object.hasOwn(instance.tags, key) && values.includes(instance.tags[key] ?? '');
}

function filtersOf(parameters: URLSearchParams): Filter[] {
  const filters: Filter[] = [];
  for (let index = 1; parameters.has(`Filter.${index}.Name`); index++) {
    filters.push({
      name: parameters.get(`Filter.${index}.Name`) ?? '',
      values: indexed(parameters, `Filter.${index}.Value`),
    });
  }
  return filters;
}

function indexed(parameters: URLSearchParams, prefix: string): string[] {
  const values: string[] = [];
  for (let index = 1; parameters.has(`${prefix}.${index}`); index++) {
    values.push(parameters.get(`${prefix}.${index}`) ?? '');
  }
  return values;
}
