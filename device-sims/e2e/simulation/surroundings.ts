import type { CryptoPort } from "@mingcheng/protocols";
import type { Random } from "../../src/random.ts";
import type { Deviations } from "./deviations.ts";
import type { Oracle } from "./oracle.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What the centre and every gateway of a world share. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: SimNetwork;
  readonly crypto: CryptoPort;
  readonly oracle: Oracle;
  readonly deviations: Deviations;
  /** 128 random bits in hexadecimal. */
  randomHex(): string;
  trace(text: string): void;
}
