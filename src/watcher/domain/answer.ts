// What one poll taught the agent. Everything that can happen on the network ends as one of these.

/** Why an answer is unknown; new classes in one hold are logged, repeated ones are not. */
export type UnknownClass =
  | 'transport'
  | 'http-5xx'
  | 'throttled'
  | 'forbidden'
  | 'unauthorized-token'
  | 'not-json'
  | 'wrong-shape'
  | 'unexpected-status'
  | 'credentials'
  | 'context';

/** An answer of the right shape. `state` is as sent: any string. */
export interface KnownAnswer {
  readonly kind: 'known';
  readonly instanceId: string;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly subfleetName: string | null;
  readonly targetGroups: number | null;
}

export type Answer =
  | KnownAnswer
  | { readonly kind: 'unknown'; readonly class: UnknownClass; readonly message: string }
  /** The API has nothing about this instance: unknown too, but worth telling apart. */
  | { readonly kind: 'no-information'; readonly message: string }
  /** Known for certain to be outside any CloneSquad group. */
  | { readonly kind: 'not-managed'; readonly message: string };
