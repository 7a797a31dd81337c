// Tells whether anything but the instance's role is set up to give credentials: only then is the SDK's chain needed,
// and only then is a failure not an absence.
import { readFile } from 'node:fs/promises';
import type { Environment } from './http-agents.ts';
import { sharedFiles } from './profile.ts';

const variables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

// A file with nothing but a region, say, sets up no source. The IMDS settings are ones that only the SDK reads.
const directive =
  /^\s*(aws_access_key_id|credential_process|credential_source|source_profile|role_arn|web_identity_token_file|sso_\w+|login_session|ec2_metadata_\w+)\s*=/m;

/** The variable or file that sets up a source of credentials, ahead of the instance's role. */
export async function configuredSource(env: Environment): Promise<string | undefined> {
  const variable = variables.find((name) => env[name]);
  if (variable !== undefined) return variable;
  const { credentialsFile, configFile } = sharedFiles(env);
  for (const file of [credentialsFile, configFile]) {
    // The SDK passes over a file that it cannot read, too.
    const text = await readFile(file, 'utf8').catch(() => '');
    if (directive.test(text)) return file;
  }
  return undefined;
}
