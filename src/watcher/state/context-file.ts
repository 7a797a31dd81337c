// The context of the last run, so that a start needs no discovery before its first poll.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { InstanceContext } from '../context/instance-context.ts';
import { makePrivateDirectory, writeFileAtomically } from './atomic-file.ts';
import { readSmallFile } from './small-file.ts';

export interface CachedContext {
  /** The boot that learned it: in the same boot it is this instance's without asking. */
  readonly bootId: string;
  readonly context: InstanceContext;
}

const VERSION = 1;

/** The context file in the state directory. Whoever reads it must check that it is this instance's. */
export class ContextFile {
  readonly #directory: string;
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#directory = stateDirectory;
    this.#path = join(stateDirectory, 'context.json');
  }

  /** What was kept, or null: a file that is missing, unreadable, foreign or corrupt is as good as none. */
  read(): CachedContext | null {
    try {
      return asCachedContext(JSON.parse(readSmallFile(this.#path)));
    } catch {
      return null;
    }
  }

  /** Writes the context to disk, unless it stands there already: most refreshes learn nothing new. Throws the file system's error. */
  write(cached: CachedContext): void {
    if (this.#says(cached)) return;
    makePrivateDirectory(this.#directory);
    writeFileAtomically(this.#path, `${JSON.stringify({ version: VERSION, ...cached }, null, 2)}\n`, 0o600);
  }

  /** What is nested too deep to be compared is not what we wrote. */
  #says(cached: CachedContext): boolean {
    try {
      return isDeepStrictEqual(this.read(), cached);
    } catch {
      return false;
    }
  }
}

function asCachedContext(value: unknown): CachedContext | null {
  const file = value as {
    version?: unknown;
    bootId?: unknown;
    context?: Partial<Record<keyof InstanceContext, unknown>>;
  } | null;
  const context = file?.context;
  if (file?.version !== VERSION || typeof file.bootId !== 'string' || typeof context !== 'object')
    return null;
  const { instanceId, region, group, discovery } = context;
  if (typeof instanceId !== 'string' || typeof region !== 'string' || typeof group !== 'string') return null;
  if (typeof discovery !== 'object' || discovery === null || Array.isArray(discovery)) return null;
  return { bootId: file.bootId, context: { instanceId, region, group, discovery: { ...discovery } } };
}
