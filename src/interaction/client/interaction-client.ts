// The operators' client: every operation of the contract over API Gateway, by whichever route leads there, with one typed
// failure for whatever goes wrong.
import { type Limits, runWithin } from '../../aws/deadline.ts';
import type { HttpAnswer, SignedHttp } from '../../aws/signed-http.ts';
import { operations } from '../contract/operations.ts';
import { WireFieldError } from '../contract/wire-fields.ts';
import type { ApiRoute } from './api-address.ts';
import { ApiFailure, joinFailures } from './api-failure.ts';
import { type Asked, subjectOf } from './asked.ts';
import {
  type AnyCall,
  type ApiOperationId,
  type Call,
  isPathKey,
  isReading,
  type WritableOperationId,
  type WriteCall,
} from './call.ts';
import { explainAnswer, explainUnreadable } from './explain-answer.ts';
import { explainFailure } from './explain-failure.ts';
import { pauseBefore } from './pause.ts';
import { quote } from './quote.ts';
import { asText, type Models, readers } from './readers.ts';
import { type Answered, createRouteSender } from './route-sender.ts';

/** An answer, understood. */
export interface Reading<Id extends ApiOperationId> {
  readonly model: Models[Id];
  /** The body as it came. */
  readonly raw: string;
  /** What was asked for in the end: a fleet is listed under two names. */
  readonly operation: ApiOperationId;
  readonly route: ApiRoute;
}

export interface InteractionClientOptions {
  readonly send: SignedHttp['send'];
  /** The API's region, which is part of the signature. */
  readonly region: string;
  /** In the order to try them. */
  readonly routes: readonly [ApiRoute, ...ApiRoute[]];
  /** How often a reading is asked for at most, when the API is throttled or fails. 3 unless told. */
  readonly maxAttempts?: number;
  /** Between 0 and 1; for the pauses between attempts. */
  readonly random?: () => number;
  readonly now?: () => number;
}

/** Every method throws ApiFailure, and nothing else. The limits bound all routes and attempts together. */
export interface InteractionClient {
  ask<Id extends ApiOperationId>(id: Id, call: Call<Id>, limits: Limits): Promise<Reading<Id>>;
  /** POSTs a document or a line, once; the API's words about it. */
  write<Id extends WritableOperationId>(id: Id, call: WriteCall<Id>, limits: Limits): Promise<string>;
  /** Every instance of the group, in the words of whichever dialect is spoken there. */
  listFleet(limits: Limits): Promise<Reading<'fleetMetadata' | 'allMetadatas'>>;
}

const defaultMaxAttempts = 3;

/** A client of the API that the routes lead to. It opens nothing, so there is nothing to close. */
export function createInteractionClient(options: InteractionClientOptions): InteractionClient {
  const { send, region, routes, random = Math.random, now = Date.now } = options;
  const maxAttempts = options.maxAttempts ?? defaultMaxAttempts;
  const sendByRoutes = createRouteSender({ send, region, routes, now });
  let listing: 'fleetMetadata' | 'allMetadatas' = 'fleetMetadata';

  const sendOnce = async (id: ApiOperationId, call: AnyCall, limits: Limits): Promise<Answered> => {
    const answered = await sendByRoutes(id, call, limits);
    if (answered.answer.status === 200) return answered;
    throw explainAnswer(answered.answer, answered.asked, now());
  };

  const sendPatiently = async (
    id: ApiOperationId,
    call: AnyCall,
    limits: Limits,
    given: ApiFailure[],
  ): Promise<Answered> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await sendOnce(id, call, limits);
      } catch (error) {
        const mayPass = error instanceof ApiFailure && isPassing(error);
        if (!mayPass || attempt >= maxAttempts || !isReading(id, call)) throw error;
        given.push(error);
        await pauseBefore(attempt + 1, random(), limits.signal);
      }
    }
  };

  const bounded = async (id: ApiOperationId, call: AnyCall, limits: Limits): Promise<Answered> => {
    refuseUnnameable(id, call);
    const given: ApiFailure[] = [];
    try {
      return await runWithin(limits, (signal) =>
        sendPatiently(id, call, { timeoutMs: limits.timeoutMs, signal }, given),
      );
    } catch (error) {
      const subject = subjectOf(id, call);
      const failure = explainFailure(error, {
        subject,
        host: null,
        isReading: isReading(id, call),
        signal: limits.signal,
      });
      throw failure.status === null && given.length > 0
        ? joinFailures([...given.slice(-1), failure])
        : failure;
    }
  };

  const ask = async <Id extends ApiOperationId>(
    id: Id,
    call: AnyCall,
    limits: Limits,
  ): Promise<Reading<Id>> => {
    const { answer, asked } = await bounded(id, call, limits);
    return readAnswer(answer, asked, async (text) => ({
      model: await readers[id](text, call),
      raw: text,
      operation: id,
      route: asked.route,
    }));
  };

  return {
    ask: (id, call, limits) => ask(id, call as AnyCall, limits),
    async write(id, call, limits) {
      // The running system takes an empty body for none at all, and an empty line for the key's deletion.
      const body = operations[id].request === 'line' && call.body === '' ? '\n' : call.body;
      const { answer, asked } = await bounded(id, { ...(call as AnyCall), body }, limits);
      return readAnswer(answer, asked, asText);
    },
    async listFleet(limits) {
      try {
        return await ask(listing, {}, limits);
      } catch (error) {
        const isOtherDialect = error instanceof ApiFailure && error.kind === 'unknown-operation';
        if (!isOtherDialect || listing === 'allMetadatas') throw error;
        const reading = await ask('allMetadatas', {}, limits);
        listing = 'allMetadatas';
        return reading;
      }
    },
  };
}

async function readAnswer<Result>(
  answer: HttpAnswer,
  asked: Asked,
  read: (text: string) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await read(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(answer.body));
  } catch (error) {
    const isUndecodable = error instanceof TypeError && 'code' in error;
    if (!isUndecodable && !(error instanceof WireFieldError)) throw error;
    throw explainUnreadable(isUndecodable ? 'answer: not UTF-8' : error.message, answer.body, asked);
  }
}

/** A path would name another key than the one meant, and the API would answer 200. */
function refuseUnnameable(id: ApiOperationId, call: AnyCall): void {
  const { argument } = call;
  if (argument === undefined || isPathKey(argument)) return;
  throw new ApiFailure({
    kind: 'usage',
    status: null,
    subject: operations[id].name.replace(/\/.*/, ''),
    said: `${quote(JSON.stringify(argument), 200)} cannot be named alone, as the API would take it for another key`,
    advice: 'keys with capitals, empty parts or line breaks are read and written with the whole table only',
  });
}

/** Throttled, or failed in a way that need not last. */
function isPassing({ kind }: ApiFailure): boolean {
  return kind === 'throttled' || kind === 'server' || kind === 'no-snapshot' || kind === 'gateway-timeout';
}
