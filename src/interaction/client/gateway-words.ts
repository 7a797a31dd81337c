// What a server said in an answer that is not the one hoped for: its own words, fit for one line.
import type { HttpAnswer } from '../../aws/http-exchange.ts';
import { withoutSignedSecrets } from '../../aws/signed-secrets.ts';
import { quote } from './quote.ts';

export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

/** A body as JSON; one that is not UTF-8 is none. */
export function parseJson(body: Buffer): ParsedJson {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

/** The gateway's own message, under `message` or `Message`; null for a body that is an operation's or somebody else's. */
export function gatewayMessage(body: Buffer): string | null {
  const json = parseJson(body);
  if (!json.ok || typeof json.value !== 'object' || json.value === null) return null;
  const { message, Message } = json.value as { message?: unknown; Message?: unknown };
  const said = message ?? Message;
  return typeof said === 'string' ? said : null;
}

/** The gateway's words, an operation's own, or the start of whatever else was sent. */
export function wordsOf(body: Buffer): string {
  const said = gatewayMessage(body);
  return said === null ? quoteBody(body, maxWordsLength) : quote(withoutSignedSecrets(said), maxWordsLength);
}

/** Whether `metadata` was asked by somebody who is no instance, in its own words. */
export function isStrangerRefusal(words: string): boolean {
  return /^Can't (retrieve requesting InstanceId|process metadata caller)/.test(words);
}

export const strangerWords = "these credentials are not an instance's";

/** Long enough for the resource in a policy's refusal, which is the part that helps. */
const maxWordsLength = 300;

/** The start of a body that says nothing to a person by itself. */
export function quoteBody(body: Buffer, maxLength = 80): string {
  return quote(body.subarray(0, 2048).toString('utf8'), maxLength);
}

/** The first words of an HTML page, without its markup. */
export function wordsOfPage(body: Buffer, maxLength = 80): string {
  const text = body.subarray(0, 2048).toString('utf8');
  const words = text.replace(/<(style|script)\b.*?<\/\1>/gis, ' ').replace(/<[^>]*>?/g, ' ');
  return quote(words, maxLength) || 'no words';
}

/** The first value of a header; empty when there is none. `name` in lower case. */
export function headerOf(answer: HttpAnswer, name: string): string {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}
