// The access keys of this room: one who may do all, some who may not, and those that a request must not be signed with.
export const REGION = 'eu-west-3';

export interface TortureKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly caller: string;
  readonly userArn: string;
  readonly allow: readonly string[];
  readonly deny?: readonly string[];
  readonly sessionToken?: string;
  readonly expiresAt?: string;
}

function key(name: string, rules: Pick<TortureKey, 'allow' | 'deny'>, more: object = {}): TortureKey {
  return {
    accessKeyId: `AKID${name.toUpperCase()}`,
    secretAccessKey: `secret+of/${name}`,
    caller: `AIDA${name.toUpperCase()}`,
    userArn: `arn:aws:iam::111111111111:user/${name}`,
    ...rules,
    ...more,
  };
}

export const KEYS = {
  operator: key('operator', { allow: ['*'] }),
  /** As the operator, by a session. */
  session: key('session', { allow: ['*'] }, { sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE+/=token' }),
  expired: key('expired', { allow: ['*'] }, { expiresAt: '2020-01-01T00:00:00Z' }),
  /** All but what hides a secret, and what changes the system. */
  kept: key('kept', {
    allow: ['*'],
    deny: ['*/configuration', '*/configuration/*', '*/control*', '*/backup', '*/scheduler*'],
  }),
  reader: key('reader', { allow: ['GET/metadata', 'GET/fleet/*'] }),
} as const;
