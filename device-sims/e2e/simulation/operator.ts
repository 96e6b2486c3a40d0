import type { Random } from "../../src/random.ts";
import type { FaultName, FaultStep } from "./faults.ts";
import type { Oracle } from "./oracle.ts";
import type { SimCentre } from "./sim-centre.ts";
import type { SimDisk } from "./sim-disk.ts";
import { SimGateway, type Surroundings } from "./sim-gateway.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What can be reached from outside. */
export interface Reach {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly oracle: Oracle;
  readonly network: SimNetwork;
  readonly centre: SimCentre;
  /** Grows when a box is cloned. */
  readonly gateways: SimGateway[];
  readonly surroundings: Surroundings;
}

type Deed = (gateway: SimGateway, roll: number) => void;

/** Pulls plugs, copies disks, restores backups: does what a schedule says. `roll` in [0, 1) settles the details. */
export class Operator {
  private readonly reach: Reach;
  private readonly images: { readonly gw: string; readonly disk: SimDisk }[] = [];
  private rotations = 0;

  constructor(reach: Reach) {
    this.reach = reach;
  }

  perform({ fault, gateway: index, roll }: FaultStep): void {
    const { gateways, surroundings } = this.reach;
    const gateway = gateways[index % gateways.length];
    if (gateway === undefined) return;
    surroundings.trace(`** ${fault} (${gateway.name})`);
    this.deeds[fault](gateway, roll);
  }

  private readonly deeds: Readonly<Record<FaultName, Deed>> = {
    kill: (gateway, roll) => {
      gateway.kill();
      this.startLater(gateway, roll);
    },
    "power cut": (gateway, roll) => {
      gateway.cutPower();
      this.startLater(gateway, roll);
    },
    // The process dies, comes up again, and then the mains fail.
    "brown-out": (gateway, roll) => {
      gateway.kill();
      gateway.start();
      this.reach.time.after(2000 * roll, () => gateway.cutPower());
      this.startLater(gateway, 0.25 + roll / 2);
    },
    "slow disk": (gateway, roll) => gateway.slowDown(2000 + 20_000 * roll),
    "disk fault": (gateway) => gateway.failCommit(),
    disconnect: (gateway, roll) => {
      if (gateway.uplink !== null) this.reach.network.drop(gateway.uplink, 10_000 * roll);
    },
    "cut off": (gateway, roll) => this.reach.network.cut(gateway.gw, 60_000 * roll),
    "broker restart": () => this.reach.network.restart(),
    replay: () => this.reach.network.replay(),
    "centre restart": (_gateway, roll) => this.reach.centre.restart(20_000 * roll),
    "centre busy": (_gateway, roll) => this.reach.centre.beBusy(30_000 * roll),
    backup: () => this.reach.centre.backUp(),
    restore: (_gateway, roll) => this.reach.centre.restore(20_000 * roll),
    image: (gateway) => this.takeImage(gateway),
    rollback: (gateway, roll) => this.rollBack(gateway, roll, false),
    "rollback, marker kept": (gateway, roll) => this.rollBack(gateway, roll, true),
    clone: (gateway) => this.clone(gateway),
    damage: (gateway, roll) => this.damage(gateway, roll),
    free: (gateway) => gateway.uplink?.free(false),
    "free under pressure": (gateway) => gateway.uplink?.free(true),
    rotate: (gateway) => gateway.rotate(`rotated ${++this.rotations}`),
    "bad seal": (gateway) => {
      if (gateway.uplink !== null) gateway.uplink.sealsBadly = true;
    },
    "refused record": () => this.reach.oracle.refuseNext(),
  };

  private startLater(gateway: SimGateway, roll: number): void {
    this.reach.time.after(8000 * roll, () => gateway.start());
  }

  private takeImage(gateway: SimGateway): void {
    this.images.push({ gw: gateway.gw, disk: gateway.disk.image() });
  }

  /** Without an image yet, one is taken. */
  private rollBack(gateway: SimGateway, roll: number, keepsMarker: boolean): void {
    const images = this.images.filter(({ gw }) => gw === gateway.gw);
    const image = images[Math.floor(roll * images.length)];
    if (image === undefined) {
      this.takeImage(gateway);
      return;
    }
    this.reach.oracle.harmed.add(gateway.gw);
    gateway.kill();
    const { marker } = gateway.disk;
    gateway.disk = image.disk.image();
    if (keepsMarker) gateway.disk.marker = Math.max(marker, gateway.disk.marker);
    this.startLater(gateway, roll);
  }

  private clone(gateway: SimGateway): void {
    const { gateways, oracle, surroundings } = this.reach;
    if (gateways.some((other) => other !== gateway && other.gw === gateway.gw)) return;
    oracle.harmed.add(gateway.gw);
    const { gw, name, disk, recordEveryMs } = gateway;
    const copy = new SimGateway(surroundings, gw, `${name}'`, disk.image(), recordEveryMs ?? 2000);
    gateways.push(copy);
    copy.start();
  }

  /** Some records are destroyed: in the middle, at the tail, or the newest segment and all; with or without a crash. */
  private damage(gateway: SimGateway, roll: number): void {
    const { random, oracle } = this.reach;
    const { disk } = gateway;
    const count = 1 + Math.floor(roll * 6);
    const place = random.next();
    const index = place < 0.5 ? random.below(disk.frameCount) : Math.max(0, disk.frameCount - count);
    if (place > 0.3) gateway.kill();
    if (disk.destroy(index, count) > 0) oracle.harmed.add(gateway.gw);
    this.startLater(gateway, roll);
  }
}
