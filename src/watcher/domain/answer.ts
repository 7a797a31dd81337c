// What one poll taught the agent. Everything that can happen on the network ends as one of these.

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
  /** `class` names the kind of trouble; within one hold each is told once. */
  | { readonly kind: 'unknown'; readonly class: string; readonly message: string }
  /** The API has nothing about this instance: unknown too, but worth telling apart. */
  | { readonly kind: 'no-information'; readonly message: string }
  /** Known for certain to be outside any CloneSquad group. */
  | { readonly kind: 'not-managed'; readonly message: string };
