// STS, EC2 and Lambda behind one endpoint, every request's signature verified as those services do.
import { type ReceivedRequest, verifyRequest } from '../aws/sigv4/verify.ts';
import { answerEc2 } from './ec2-api.ts';
import type { Fault } from './fault.ts';
import type { KeyIssuer } from './issued-keys.ts';
import { answerInvocation, isInvocation } from './lambda-api.ts';
import type { Answer } from './listener.ts';
import { type AwsService, serviceError, signatureRefusal } from './service-error.ts';
import type { SandboxState } from './state.ts';
import { answerSts } from './sts-api.ts';

export type AwsCall = {
  readonly service: AwsService;
  readonly operation: string;
  readonly parameters: URLSearchParams;
};

/** Which service and operation a request is for: Lambda by its path, the query services by their action. */
export function toAwsCall(request: ReceivedRequest): AwsCall {
  if (isInvocation(request.rawPath)) {
    return { service: 'lambda', operation: 'Invoke', parameters: new URLSearchParams() };
  }
  const parameters = new URLSearchParams(request.method === 'POST' ? bodyText(request) : request.rawQuery);
  const operation = parameters.get('Action') ?? '';
  return { service: parameters.get('Version') === '2011-06-15' ? 'sts' : 'ec2', operation, parameters };
}

/** The answer of the service, which is an error of its own wording when the signature is refused. */
export function answerAwsCall(
  call: AwsCall,
  request: ReceivedRequest,
  context: {
    readonly state: SandboxState;
    readonly keys: KeyIssuer;
    readonly nowMs: number;
    readonly fault?: Fault | undefined;
  },
): Answer {
  const { state, keys, nowMs, fault } = context;
  const verification = verifyRequest(request, {
    region: state.instance.region,
    service: call.service,
    nowMs,
    lookup: (accessKeyId) => keys.find(accessKeyId),
  });
  if (!verification.ok) return signatureRefusal(call.service, verification.code, verification.message);
  const { key } = verification;
  switch (call.service) {
    case 'sts':
      return answerSts(call.parameters, key);
    case 'ec2':
      return answerEc2(call.parameters, state, key.arn);
    case 'lambda':
      return request.method === 'POST'
        ? answerInvocation(request.rawPath, state, key.arn, fault)
        : serviceError('lambda', 405, 'MethodNotAllowedException', 'Use POST.');
  }
}

function bodyText(request: ReceivedRequest): string {
  return Buffer.from(request.body).toString('utf8');
}
