// How an attempt to learn the context ends early, thrown from whichever of its steps came to that.
import type { DeniedCall, Resolution } from './instance-context.ts';

export class Unresolved extends Error {
  readonly resolution: Exclude<Resolution, { kind: 'ready' }>;

  constructor(kind: 'not-managed' | 'refused' | 'unknown', message: string, denied?: DeniedCall) {
    super(message);
    this.name = 'Unresolved';
    this.resolution = denied === undefined ? { kind, message } : { kind: 'refused', message, denied };
  }
}
