// What an HTTP answer to `metadata` means. Only a 200 of the right shape for the right instance is knowledge; everything
// else is one of a few kinds of not knowing, with one line that says which.
import type { SignedAnswer } from '../../aws/signed-http.ts';
import { parseInstanceMetadata } from '../contract/dialects.ts';
import type { InstanceMetadata } from '../contract/instance-metadata.ts';
import {
  gatewayMessage,
  headerOf,
  isStrangerRefusal,
  parseJson,
  quoteBody,
  strangerWords,
  wordsOf,
  wordsOfPage,
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
  /** What to do, where the words of the refusal tell. */
  readonly advice?: string;
}

export type MetadataAnswer =
  | { readonly kind: 'metadata'; readonly metadata: InstanceMetadata }
  | { readonly kind: 'no-information'; readonly message: string }
  | UnknownAnswer;

/** Classifies an answer; with `expectedInstanceId`, one about another instance is not believed. */
export function classifyMetadataAnswer(
  answer: SignedAnswer,
  expectedInstanceId: string | undefined,
): MetadataAnswer {
  const { status } = answer;
  if (status === 200) return readMetadata(answer.body, expectedInstanceId);
  const said = wordsOf(answer.body);
  const message = messageOf(answer, said);
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

/** The status and what was said; of a page for people the type and its first words. */
function messageOf(answer: SignedAnswer, said: string): string {
  const { status, body } = answer;
  if (said === '') return `status ${status} without a body`;
  const isPage = /^text\/html\b/i.test(headerOf(answer, 'content-type')) && gatewayMessage(body) === null;
  return isPage ? `status ${status} (text/html): ${wordsOfPage(body)}` : `status ${status}: ${said}`;
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

function classifyRefusal(answer: SignedAnswer, said: string, message: string): UnknownAnswer {
  const key = answer.signedBy === undefined ? 'the access key' : `access key ${quote(answer.signedBy)}`;
  const isRefusedKey = { kind: 'unknown', class: 'unauthorized-token', message } as const;
  switch (refusalKind(said, headerOf(answer, 'x-amzn-errortype'))) {
    case 'expired-token':
      return { ...isRefusedKey, advice: `the session of ${key} is over` };
    case 'invalid-token':
      return {
        ...isRefusedKey,
        advice: `${key} is not known there, or its session token is not its own`,
      };
    case 'signature-mismatch': {
      const advice = `the secret access key is not that of ${key}, or --region is not the API's`;
      return { ...isRefusedKey, advice };
    }
    case 'wrong-endpoint':
      return { kind: 'unknown', class: 'forbidden', message, isWrongEndpoint: true };
    default:
      return { kind: 'unknown', class: 'forbidden', message };
  }
}
