// What an HTTP answer to `metadata` means. Only a 200 of the right shape for the right instance is knowledge; everything
// else is one of a few kinds of not knowing, with one line that says which.
import type { HttpAnswer } from '../../aws/http-exchange.ts';
import { parseInstanceMetadata } from '../contract/dialects.ts';
import type { InstanceMetadata } from '../contract/instance-metadata.ts';
import {
  headerOf,
  isStrangerRefusal,
  parseJson,
  quoteBody,
  strangerWords,
  wordsOf,
} from './gateway-words.ts';
import { quote } from './quote.ts';
import { refusalKind } from './refusal-kind.ts';

export type UnknownClass =
  | 'credentials'
  | 'transport'
  | 'http-5xx'
  | 'throttled'
  | 'forbidden'
  | 'unauthorized-token'
  | 'not-json'
  | 'wrong-shape'
  | 'unexpected-status';

export interface UnknownAnswer {
  readonly kind: 'unknown';
  readonly class: UnknownClass;
  readonly message: string;
  /** API Gateway's bare `Forbidden`: this route does not lead to this API, another one may. */
  readonly isWrongEndpoint?: boolean;
}

export type MetadataAnswer =
  | { readonly kind: 'metadata'; readonly metadata: InstanceMetadata }
  | { readonly kind: 'no-information'; readonly message: string }
  | UnknownAnswer;

/** Classifies an answer; with `expectedInstanceId`, one about another instance is not believed. */
export function classifyMetadataAnswer(
  answer: HttpAnswer,
  expectedInstanceId: string | undefined,
): MetadataAnswer {
  const { status } = answer;
  if (status === 200) return readMetadata(answer.body, expectedInstanceId);
  const said = wordsOf(answer.body);
  const message = said === '' ? `status ${status} without a body` : `status ${status}: ${said}`;
  if (status === 400 && said.startsWith('No information for instance id'))
    return { kind: 'no-information', message };
  if (status === 401 || status === 403) return classifyRefusal(answer, said, message);
  if (status === 429) return { kind: 'unknown', class: 'throttled', message };
  if (status >= 500) {
    const told = isStrangerRefusal(said) ? `${message.replace(/\.$/, '')}: ${strangerWords}` : message;
    return { kind: 'unknown', class: 'http-5xx', message: told };
  }
  return { kind: 'unknown', class: 'unexpected-status', message };
}

function readMetadata(body: Buffer, expectedInstanceId: string | undefined): MetadataAnswer {
  const json = parseJson(body);
  if (!json.ok) {
    const message = body.length === 0 ? 'the answer is empty' : `the answer is not JSON: ${quoteBody(body)}`;
    return { kind: 'unknown', class: 'not-json', message };
  }
  const parsed = parseInstanceMetadata(json.value);
  if (!parsed.ok)
    return { kind: 'unknown', class: 'wrong-shape', message: `${parsed.problem}: ${quoteBody(body)}` };
  const { metadata } = parsed;
  if (expectedInstanceId !== undefined && metadata.instanceId !== expectedInstanceId) {
    const message = `answer is for ${quote(metadata.instanceId)}, expected ${expectedInstanceId}`;
    return { kind: 'unknown', class: 'wrong-shape', message };
  }
  return { kind: 'metadata', metadata };
}

function classifyRefusal(answer: HttpAnswer, said: string, message: string): UnknownAnswer {
  switch (refusalKind(said, headerOf(answer, 'x-amzn-errortype'))) {
    case 'expired-token':
    case 'invalid-token':
      return { kind: 'unknown', class: 'unauthorized-token', message };
    case 'wrong-endpoint':
      return { kind: 'unknown', class: 'forbidden', message, isWrongEndpoint: true };
    default:
      return { kind: 'unknown', class: 'forbidden', message };
  }
}
