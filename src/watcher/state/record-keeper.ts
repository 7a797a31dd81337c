// Keeps the record on disk in step with the agent: what is decided, and which scripts are still to end.
import type { RecordedState } from '../domain/agent-state.ts';
import type { HooksKey, HookTransition, RecordStore } from '../ports.ts';
import type { Record, RecordFile, UnfinishedHooks } from './record-file.ts';

/** How soon a record that the disk refused is written again, ms: until then a crash goes by the one before. */
const RETRY_AFTER_MS = 1_000;

export class RecordKeeper implements RecordStore {
  readonly #file: Pick<RecordFile, 'path' | 'write'>;
  readonly #trouble: (problem: string | null) => void;
  #record: Record;
  #retry: NodeJS.Timeout | null = null;

  /** `trouble` is told when the disk refuses the record, and null when it takes it. */
  constructor(
    file: Pick<RecordFile, 'path' | 'write'>,
    initial: RecordedState,
    trouble: (problem: string | null) => void,
  ) {
    this.#file = file;
    this.#record = { state: initial, unfinishedHooks: [] };
    this.#trouble = trouble;
  }

  save(state: RecordedState): void {
    this.#write({ ...this.#record, state });
  }

  /**
   * Scripts are to run. Not written here: the state that calls for them is saved in the same turn, and one write has both,
   * so that no crash leaves the state on disk and nothing of its scripts.
   */
  hooksSubmitted({ id, from, to }: HookTransition): void {
    this.#record = withHooks(this.#record, { id, from, to, begun: false });
  }

  /** They will not run: newer ones were submitted, and what is saved of those has this too. */
  hooksSuperseded(hooks: HooksKey): void {
    this.#record = withoutHooks(this.#record, hooks);
  }

  /** To be on disk before the first of the scripts runs. */
  hooksBegan({ id, from, to }: HookTransition): void {
    this.#write(withHooks(this.#record, { id, from, to, begun: true }));
  }

  hooksEnded(hooks: HooksKey): void {
    this.#write(withoutHooks(this.#record, hooks));
  }

  #write(record: Record): void {
    this.#record = record;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    try {
      this.#file.write(record);
      this.#trouble(null);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#trouble(
        `${this.#file.path} cannot be written, scripts run all the same: a restart may repeat them or forget a drain: ${reason}`,
      );
      this.#retry = setTimeout(() => this.#write(this.#record), RETRY_AFTER_MS).unref();
    }
  }
}

function withHooks(record: Record, hooks: UnfinishedHooks): Record {
  return {
    ...record,
    unfinishedHooks: [...withoutHooks(record, { change: hooks.id, to: hooks.to }).unfinishedHooks, hooks],
  };
}

function withoutHooks(record: Record, { change, to }: HooksKey): Record {
  const others = record.unfinishedHooks.filter((hooks) => hooks.id !== change || hooks.to !== to);
  return { ...record, unfinishedHooks: others };
}
