/** Connections one address may hold at a time: one device, a few at most, or a switch's worth behind one router. */
export const maxConnectionsPerAddress = 32;

/** Who is connected from where, so that no single address can take all places. */
export class AddressBook {
  private readonly counts = new Map<string, number>();

  /** Counts one more; false when the address has its share already (nothing is counted then). */
  enter(address: string): boolean {
    const count = this.counts.get(address) ?? 0;
    if (count >= maxConnectionsPerAddress) return false;
    this.counts.set(address, count + 1);
    return true;
  }

  leave(address: string): void {
    const count = (this.counts.get(address) ?? 1) - 1;
    if (count <= 0) this.counts.delete(address);
    else this.counts.set(address, count);
  }
}
