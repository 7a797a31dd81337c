// What a start or a discovery needs and a poll does not is given back once it is over: an agent waits nearly all of its life.

/** So that what belongs together is over, a first poll above all. */
const AFTER_MS = 5_000;

export class RareMemory {
  readonly #release: () => Promise<void>;
  readonly #failed: (error: Error) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(release: () => Promise<void>, failed: (error: Error) => void) {
    this.#release = release;
    this.#failed = failed;
  }

  /** Something rare was done: five seconds after the first of several their memory is released, once. Keeps no process alive. */
  used(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#release().catch(this.#failed);
    }, AFTER_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
