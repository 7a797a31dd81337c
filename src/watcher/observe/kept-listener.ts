// A listener that follows the configuration: opened, moved and closed as its address is given, changed and taken away.
import type { Listener, TcpAddress, TellTrouble } from './listener.ts';

export class KeptListener {
  readonly #onTrouble: TellTrouble;
  readonly #start: (address: TcpAddress, onTrouble: TellTrouble) => Listener;
  #isTroubled = false;
  #open: { readonly address: TcpAddress; readonly listener: Listener } | null = null;

  /** `start` opens it at an address and is given `onTrouble` to tell. */
  constructor(onTrouble: TellTrouble, start: (address: TcpAddress, onTrouble: TellTrouble) => Listener) {
    this.#onTrouble = (problem) => {
      this.#isTroubled = problem !== null;
      onTrouble(problem);
    };
    this.#start = start;
  }

  /** Follows the address given; one that has not changed is left alone, with every connection. */
  update(address: TcpAddress | null): void {
    const before = this.#open?.address ?? null;
    if (before?.host === address?.host && before?.port === address?.port) return;
    if (this.#open !== null) {
      void this.#open.listener.close();
      // Whatever was wrong there is nobody's trouble any more.
      if (this.#isTroubled) this.#onTrouble(null);
    }
    this.#open = address === null ? null : { address, listener: this.#start(address, this.#onTrouble) };
  }

  async close(): Promise<void> {
    const listener = this.#open?.listener;
    this.#open = null;
    await listener?.close();
  }
}
