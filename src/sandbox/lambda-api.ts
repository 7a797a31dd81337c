// Lambda Invoke of the group's one function, CloneSquad-Discovery-{group}.
import { randomUUID } from 'node:crypto';
import { discoveryDocument } from './discovery-document.ts';
import type { Fault } from './fault.ts';
import type { Answer } from './listener.ts';
import { serviceError } from './service-error.ts';
import type { SandboxState } from './state.ts';

const invocationPath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** True for the path of a Lambda invocation. */
export function isInvocation(rawPath: string): boolean {
  return invocationPath.test(rawPath);
}

/** Answers an invocation by name, partial ARN or ARN. */
export function answerInvocation(
  rawPath: string,
  state: SandboxState,
  callerArn: string,
  fault?: Fault,
): Answer {
  const asked = decodeURIComponent(invocationPath.exec(rawPath)?.[1] ?? '');
  const { accountId, partition, region } = state.instance;
  const { groupName, isDeployed } = state.discovery;
  const name = `CloneSquad-Discovery-${groupName}`;
  const arnPrefix = `arn:${partition}:lambda:${region}:${accountId}:function:`;
  const askedArn = asked.startsWith('arn:') ? asked : `${arnPrefix}${asked.replace(/^\d+:function:/, '')}`;
  // IAM looks at the request before the function is looked for.
  if (!state.permissions.invokeFunction || !askedArn.startsWith(arnPrefix)) {
    const message = `User: ${callerArn} is not authorized to perform: lambda:InvokeFunction on resource: ${askedArn} because no identity-based policy allows the lambda:InvokeFunction action`;
    return serviceError('lambda', 403, 'AccessDeniedException', message);
  }
  if (!isDeployed || askedArn !== `${arnPrefix}${name}`) {
    return serviceError('lambda', 404, 'ResourceNotFoundException', `Function not found: ${askedArn}`);
  }
  const headers = {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
    'x-amzn-requestid': randomUUID(),
  };
  if (fault?.kind === 'function-error') {
    const payload =
      fault.body ?? JSON.stringify({ errorMessage: 'asked for by the sandbox', errorType: 'RuntimeError' });
    return { status: 200, headers: { ...headers, 'x-amz-function-error': 'Unhandled' }, body: payload };
  }
  return { status: 200, headers, body: JSON.stringify(discoveryDocument(state)) };
}
