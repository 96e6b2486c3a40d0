/** Connections one address may hold at a time: a whole market can stand behind one router. */
export const maxConnectionsPerAddress = 1_024;

/** Who is connected from where, so that no single address can take all places. */
export class AddressBook {
  readonly #counts = new Map<string, number>();

  /** Counts one more; false when the address has its share already (nothing is counted then). */
  enter(address: string): boolean {
    const count = this.#counts.get(address) ?? 0;
    if (count >= maxConnectionsPerAddress) return false;
    this.#counts.set(address, count + 1);
    return true;
  }

  leave(address: string): void {
    const count = (this.#counts.get(address) ?? 1) - 1;
    if (count <= 0) this.#counts.delete(address);
    else this.#counts.set(address, count);
  }
}
