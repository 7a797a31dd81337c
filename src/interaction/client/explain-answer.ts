// What an HTTP answer that is not the one hoped for means to an operator: which failure it is, and what to do.
import type { HttpAnswer } from '../../aws/http-exchange.ts';
import { type Operation, operations } from '../contract/operations.ts';
import { ApiFailure } from './api-failure.ts';
import { type Asked, subjectOf } from './asked.ts';
import type { ApiOperationId } from './call.ts';
import { apiUrlAdvice, type Meaning, meaningOfRefusal } from './gateway-refusal.ts';
import {
  gatewayMessage,
  headerOf,
  isStrangerRefusal,
  quoteBody,
  strangerWords,
  wordsOf,
} from './gateway-words.ts';
import { quote } from './quote.ts';

/** The failure that any answer but a 200 is. `nowMs` is this host's time. */
export function explainAnswer(answer: HttpAnswer, asked: Asked, nowMs: number): ApiFailure {
  const { status } = answer;
  const words = wordsOf(answer.body);
  const { kind, advice } = meaningOf(answer, words, asked, nowMs);
  const said = words === '' ? `status ${status} without a body` : `status ${status}: ${words}`;
  return new ApiFailure({ kind, status, subject: subjectOf(asked.id, asked.call), said, advice });
}

/** A 200 that is not what the contract promises. */
export function explainUnreadable(problem: string, body: Buffer, asked: Asked): ApiFailure {
  const start = quoteBody(body);
  return new ApiFailure({
    kind: 'not-an-api',
    status: 200,
    subject: subjectOf(asked.id, asked.call),
    said: start === '' ? quote(problem, 200) : `${quote(problem, 200)} (${start})`,
    advice: apiUrlAdvice,
  });
}

function meaningOf(answer: HttpAnswer, words: string, asked: Asked, nowMs: number): Meaning {
  const { status } = answer;
  if (status === 401 || status === 403) return meaningOfRefusal(answer, asked, nowMs);
  if (status === 413)
    return { kind: 'too-large', advice: 'API Gateway takes at most 10 MB: load it in parts' };
  if (status === 429)
    return { kind: 'throttled', advice: 'too many requests at the moment: try again later' };
  if (status >= 300 && status < 400) {
    const target = quote(headerOf(answer, 'location'), 200);
    return {
      kind: 'not-an-api',
      advice: `redirects are not followed${target && ` (${target})`}: ${apiUrlAdvice}`,
    };
  }
  // Operations answer in plain text; whatever is JSON or a page comes from something in front of them.
  const isOfOperation = gatewayMessage(answer.body) === null && words !== '' && !words.startsWith('<');
  if (status >= 500) return meaningOfFault(status, isOfOperation ? words : '', asked);
  return isOfOperation ? meaningOfText(words, asked) : { kind: 'not-an-api', advice: apiUrlAdvice };
}

/** What an operation said, which comes through as it is; some of it needs a word more. */
function meaningOfText(words: string, { id }: Asked): Meaning {
  const { since, until }: Operation = operations[id];
  if (words.startsWith('Unknown command'))
    return { kind: 'unknown-operation', advice: whoHasIt(words, since, until) };
  if (words.startsWith('Command not available through API Gateway')) {
    return { kind: 'refused', advice: 'it is asked for by the queue only' };
  }
  if (words.startsWith('No information for instance id')) {
    return {
      kind: 'refused',
      advice: 'the instance is not in this group, or CloneSquad has not seen it yet',
    };
  }
  return { kind: 'refused', advice: '' };
}

function whoHasIt(words: string, since: string | undefined, until: string | undefined): string {
  if (/^Unknown command 'v1\b/.test(words)) return 'the address has the stage twice: check --api-url';
  if (since !== undefined) return `CloneSquad has it since ${since}: this deployment is older`;
  if (until !== undefined) return `CloneSquad has it no more since ${until}: this deployment is newer`;
  return apiUrlAdvice;
}

const snapshotOperations: readonly ApiOperationId[] = [
  'metadata',
  'allMetadatas',
  'fleetMetadata',
  'fleetStatus',
  'sentMetrics',
];

/** `words` are the operation's own, empty for the gateway's. */
function meaningOfFault(status: number, words: string, { id, call }: Asked): Meaning {
  if (isStrangerRefusal(words)) {
    return { kind: 'refused', advice: `${strangerWords}: cs-interact fleet list tells of every instance` };
  }
  if (/^Can't parse|MetadataAndBackupS3Path/.test(words)) return { kind: 'refused', advice: '' };
  if (status === 504) {
    return { kind: 'gateway-timeout', advice: 'API Gateway waits 29 s; it may be completed all the same' };
  }
  if (status === 502 && id === 'metadata') {
    return {
      kind: 'no-snapshot',
      advice: `${strangerWords}, or CloneSquad has not run yet or is disabled (app.disable)`,
    };
  }
  if (words.startsWith('Missing data') || (status === 502 && snapshotOperations.includes(id))) {
    return {
      kind: 'no-snapshot',
      advice: 'CloneSquad has not run yet, or is disabled (app.disable): try again in a minute',
    };
  }
  if (status === 502 && id === 'schedulerKey' && call.body !== undefined) {
    return {
      kind: 'server',
      advice:
        'older releases of CloneSquad cannot write a single scheduled action: load a document with it instead',
    };
  }
  if (status === 502 && id === 'ackEvent') {
    return { kind: 'server', advice: 'CloneSquad takes it by its queue only' };
  }
  return {
    kind: 'server',
    advice: 'try again; if it lasts, the cause is in the log of the Interact function',
  };
}
