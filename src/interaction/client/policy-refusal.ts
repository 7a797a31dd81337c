// A refusal by policy, taken apart: who may not do what, by which kind of policy, and the exact statement that would allow it.

/** What a refusal is about where its own words do not say. */
export interface RefusedAction {
  /** In the spelling of policies: messages write it in lower case. */
  readonly action: string;
  readonly resource: string;
}

/** What to do about a refusal in the words that all services of AWS use for it. */
export function adviceOnPolicyRefusal(said: string, asked: RefusedAction): string {
  const [, user, resource] =
    /User: (\S+) is not authorized to perform: \S+(?: on resource: (\S*[^\s:.,;]))?/.exec(said) ?? [];
  const who = user === undefined ? 'these credentials' : nameOf(user);
  if (/with an explicit deny/.test(said)) {
    return `${policyBehind(said)} denies it to ${who}: no further Allow helps, that Deny must go`;
  }
  const statement = {
    Effect: 'Allow',
    Action: asked.action,
    Resource: unmasked(resource, user) ?? asked.resource,
  };
  const lacking = /because no ([\w -]+?) allows/.exec(said)?.[1] ?? 'identity-based policy';
  switch (lacking) {
    case 'identity-based policy':
      return `add to a policy of ${who}: ${JSON.stringify(statement)}`;
    case 'resource-based policy':
    case 'VPC endpoint policy': {
      const Principal = user === undefined ? '*' : { AWS: user };
      return `add to the ${lacking}: ${JSON.stringify({ ...statement, Principal })}`;
    }
    default:
      return `allow ${who} in the ${lacking} too: ${JSON.stringify(statement)}`;
  }
}

function policyBehind(said: string): string {
  const policy = /with an explicit deny in an? ([\w -]+)/.exec(said)?.[1];
  return policy === undefined ? 'a policy' : `the ${policy.trim()}`;
}

function nameOf(user: string): string {
  const [, role] = /:assumed-role\/([^/]+)\//.exec(user) ?? [];
  if (role !== undefined) return `role ${role}`;
  const [, name] = /:user\/(.+)$/.exec(user) ?? [];
  return name === undefined ? user : `user ${name}`;
}

/** API Gateway shows the last digits of the account only: they are the user's, or somebody else's that any may stand for. */
function unmasked(resource: string | undefined, user: string | undefined): string | undefined {
  return resource?.replace(/:\*+(\d*):/, (_, shown: string) => {
    const account = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(user ?? '')?.[1];
    return account?.endsWith(shown) ? `:${account}:` : ':*:';
  });
}
