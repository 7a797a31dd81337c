// Keeps the record on disk in step with the agent: what is decided, and which scripts are under way.
import type { RecordedState } from '../domain/agent-state.ts';
import type { RecordStore } from '../ports.ts';
import type { Record, RecordFile, UnfinishedHooks } from './record-file.ts';

export class RecordKeeper implements RecordStore {
  readonly #file: Pick<RecordFile, 'path' | 'write'>;
  readonly #trouble: (problem: string | null) => void;
  #record: Record;

  /** `trouble` is told when the disk refuses the record, and null when it takes it. */
  constructor(
    file: Pick<RecordFile, 'path' | 'write'>,
    initial: Record,
    trouble: (problem: string | null) => void,
  ) {
    this.#file = file;
    this.#record = initial;
    this.#trouble = trouble;
  }

  save(state: RecordedState): void {
    this.#write({ ...this.#record, state });
  }

  /** To be on disk before the first script of a transition runs. */
  hooksBegan(hooks: UnfinishedHooks): void {
    const { id, from, to } = hooks;
    this.#write({ ...this.#record, unfinishedHooks: { id, from, to } });
  }

  hooksEnded(id: string): void {
    if (this.#record.unfinishedHooks?.id === id) this.#write({ ...this.#record, unfinishedHooks: null });
  }

  #write(record: Record): void {
    this.#record = record;
    try {
      this.#file.write(record);
      this.#trouble(null);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#trouble(
        `${this.#file.path} cannot be written, a restart may repeat scripts or forget a drain: ${reason}`,
      );
    }
  }
}
