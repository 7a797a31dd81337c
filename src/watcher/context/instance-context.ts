// Who this instance is and where its API lives: what a poll needs to know before it can be sent.

export interface InstanceContext {
  /** Null only with `--api-url` on a host that is not asked who it is; the API's answers name it then. */
  readonly instanceId: string | null;
  readonly region: string;
  readonly group: string | null;
  /** The discovery function's answer as it came; null with `--api-url`. */
  readonly discovery: Readonly<Record<string, unknown>> | null;
}

/** A call that the policies of the credentials do not allow: what an IAM statement would have to name. */
export interface DeniedCall {
  readonly action: 'ec2:DescribeInstances' | 'lambda:InvokeFunction';
  readonly resource: string;
  /** The service's own words. */
  readonly said: string;
}

/** The outcome of one attempt to learn the context. */
export type Resolution =
  | { readonly kind: 'ready'; readonly context: InstanceContext }
  /** The instance carries no group tag. */
  | { readonly kind: 'not-managed'; readonly message: string }
  /** A definite refusal (no role, no permission, no such function): asking again soon would not help. */
  | { readonly kind: 'refused'; readonly message: string; readonly denied?: DeniedCall | undefined }
  /** Silence or a passing fault: ask again at the next slot. */
  | { readonly kind: 'unknown'; readonly message: string };
