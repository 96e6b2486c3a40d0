import { BlockList, isIP } from "node:net";

/** Networks in which cameras are looked for and connected to, as `192.168.1.0/24` or single addresses. */
export class CameraSubnets {
  readonly #allowed = new BlockList();

  /** @throws {RangeError} naming what is no network */
  constructor(subnets: readonly string[]) {
    for (const subnet of subnets) {
      const [address = "", length] = subnet.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      const most = family === "ipv6" ? 128 : 32;
      const bits = length === undefined ? most : Number(length);
      if (isIP(address) === 0 || !Number.isInteger(bits) || bits < 0 || bits > most) {
        throw new RangeError(`${subnet} is no network like 192.168.1.0/24`);
      }
      this.#allowed.addSubnet(address, bits, family);
    }
  }

  /** True for an address, not a name, that lies in one of them: what a stranger says its address is, is checked by this. */
  includes(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#allowed.check(address, family === 6 ? "ipv6" : "ipv4");
  }
}

/** Where cameras usually are: private networks and this machine. */
export const usualSubnets: readonly string[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"];
