// Who is asking, as API Gateway tells the operations, and which instance that is, as `metadata` derives it.

export interface Caller {
  /** `{role id}:{session name}` of an assumed role, otherwise the user's or account's id. */
  readonly caller: string;
  readonly userArn: string;
}

/** What API Gateway hands to an operation of who called it, and from where. */
export interface Identity extends Caller {
  readonly accessKeyId: string;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
}

export type CallerKind =
  | { readonly kind: 'instance'; readonly instanceId: string }
  /** An assumed role whose session is not named for an instance. */
  | { readonly kind: 'other-session' }
  /** A user, the root account, or anything without exactly one colon. */
  | { readonly kind: 'not-a-session' };

/** By its form alone: any session named `i-...` is believed to be an instance, as in the running system. */
export function kindOfCaller(caller: string): CallerKind {
  const [, sessionName, ...rest] = caller.split(':');
  if (sessionName === undefined || rest.length > 0) return { kind: 'not-a-session' };
  return sessionName.startsWith('i-')
    ? { kind: 'instance', instanceId: sessionName }
    : { kind: 'other-session' };
}
