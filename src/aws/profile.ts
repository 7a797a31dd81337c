// The profiles of AWS's shared config and credentials files, wherever the environment says that they are.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './http-agents.ts';

export type SharedFiles = { readonly configFile: string; readonly credentialsFile: string };

/** AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else the files in `~/.aws`. They need not exist. */
export function sharedFiles(env: Environment): SharedFiles {
  const directory = join(env.HOME ?? homedir(), '.aws');
  return {
    configFile: env.AWS_CONFIG_FILE || join(directory, 'config'),
    credentialsFile: env.AWS_SHARED_CREDENTIALS_FILE || join(directory, 'credentials'),
  };
}

/**
 * The settings of a profile, `region` among them, or undefined when neither file has it. Without a name it is
 * AWS_PROFILE's, else `default`. Where both files have a setting, the config file's counts.
 */
export async function readProfile(
  env: Environment,
  name: string = env.AWS_PROFILE || 'default',
): Promise<Readonly<Record<string, string | undefined>> | undefined> {
  // Loaded when needed only: the agent, at home on an instance, rarely has a profile.
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile: configFilepath, credentialsFile: filepath } = sharedFiles(env);
  const files = await loadSharedConfigFiles({ configFilepath, filepath, ignoreCache: true });
  const parts = [files.credentialsFile, files.configFile]
    .filter((profiles) => Object.hasOwn(profiles, name))
    .map((profiles) => profiles[name]);
  return parts.length === 0 ? undefined : Object.assign({}, ...parts);
}
