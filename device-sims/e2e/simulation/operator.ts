import type { Random } from "../../src/random.ts";
import type { FaultName, FaultStep } from "./faults.ts";
import type { Oracle } from "./oracle.ts";
import type { SimCentre } from "./sim-centre.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimGateway } from "./sim-gateway.ts";
import type { SimNetwork } from "./sim-network.ts";
import { standInSigner } from "./stand-in-crypto.ts";
import type { Surroundings } from "./surroundings.ts";
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
  /** Boxes that others have taken the place of: they capture on, and nobody lets them in. */
  readonly retired: SimGateway[];
  readonly surroundings: Surroundings;
}

type Deed = (gateway: SimGateway, roll: number) => void;

/** Pulls plugs, copies disks, restores backups: does what a schedule says. `roll` in [0, 1) settles the details. */
export class Operator {
  private readonly reach: Reach;
  private readonly images: { readonly gw: string; readonly disk: SimDisk; readonly enrolment: number }[] = [];
  private rotations = 0;
  /** How often each gateway has been enrolled anew: a disk from before has a credential that does not count. */
  private readonly enrolments = new Map<string, number>();
  /** What was begun and is still to be done. */
  private readonly open = new Set<() => void>();

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
    replace: (gateway, roll) => this.replace(gateway, roll),
    revoke: (gateway, roll) => this.revoke(gateway, roll),
    "keep line": (gateway, roll) => this.keepLine(gateway, roll),
  };

  /** Does at once whatever was begun and not ended. */
  finish(): void {
    for (const deed of [...this.open]) deed();
  }

  /** The second part of a deed, at the latest when the faults end. */
  private afterwards(delayMs: number, run: () => void): void {
    const deed = (): void => {
      if (this.open.delete(deed)) run();
    };
    this.open.add(deed);
    this.reach.time.after(delayMs, deed);
  }

  private enrolAnew(gateway: SimGateway): void {
    const { gw } = gateway;
    gateway.enrolAnew(this.newKeyName());
    this.reach.centre.enrol(gw, gateway.disk.keys.signer);
    this.enrolments.set(gw, (this.enrolments.get(gw) ?? 0) + 1);
  }

  private startLater(gateway: SimGateway, roll: number): void {
    this.reach.time.after(8000 * roll, () => gateway.start());
  }

  private takeImage(gateway: SimGateway): void {
    const { gw, disk } = gateway;
    this.images.push({ gw, disk: disk.image(), enrolment: this.enrolments.get(gw) ?? 0 });
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
    if (image.enrolment < (this.enrolments.get(gateway.gw) ?? 0)) this.enrolAnew(gateway);
    this.startLater(gateway, roll);
  }

  private newKeyName(): string {
    return `enrolled ${++this.rotations}`;
  }

  /** A new box with a key of its own takes the place; the next time, the old one delivers what it still has. */
  private replace(gateway: SimGateway, roll: number): void {
    const { gateways, retired, oracle, network, centre, surroundings } = this.reach;
    oracle.harmed.add(gateway.gw);
    const old = retired.find(({ gw }) => gw === gateway.gw);
    if (old !== undefined) {
      this.swap(gateway, old, 4000 + 20_000 * roll);
      return;
    }
    // Two boxes with one identity: whichever is replaced, the other would get in no more either.
    if (gateways.filter(({ gw }) => gw === gateway.gw).length > 1) return;
    const signer = standInSigner(surroundings.crypto.sha256, this.newKeyName());
    const disk = new SimDisk({ signer, statements: [] });
    const box = new SimGateway(surroundings, gateway.gw, `${gateway.name}+`, disk, gateway.recordEveryMs ?? 2000);
    centre.enrol(gateway.gw, signer);
    if (surroundings.deviations.fencesNobody !== true) network.fence(gateway.name, true);
    oracle.fencedOff(gateway.runningLine);
    gateways.splice(gateways.indexOf(gateway), 1, box);
    retired.push(gateway);
    this.enrolments.set(gateway.gw, (this.enrolments.get(gateway.gw) ?? 0) + 1);
    this.afterwards(5000 * roll, () => box.start());
  }

  /** The old box is let in for a while, with the new one switched off. */
  private swap(box: SimGateway, old: SimGateway, forMs: number): void {
    const { network, oracle } = this.reach;
    box.kill();
    network.fence(box.name, true);
    old.kill();
    network.fence(old.name, false);
    old.start();
    this.afterwards(forMs, () => {
      old.kill();
      network.fence(old.name, true);
      oracle.fencedOff(old.runningLine);
      network.fence(box.name, false);
      box.start();
    });
  }

  /** A key is revoked, mostly behind all that was heard; a while later the box gets another. */
  private revoke(gateway: SimGateway, roll: number): void {
    const { centre } = this.reach;
    const { gw } = gateway;
    const line = centre.ledger.line(gw, gateway.runningLine) ?? centre.ledger.lines(gw).at(-1);
    if (line === undefined) return;
    const seq = roll < 0.3 ? 1 + Math.floor(line.heardHead * roll) : line.heardHead + 1;
    centre.revoke(gw, gateway.disk.keys.signer.kid, { ep: line.ep, eid: line.eid, seq });
    this.afterwards(20_000 * roll, () => {
      this.enrolAnew(gateway);
      this.startLater(gateway, roll);
    });
  }

  /** One of the lines that are running now is the gateway's own. */
  private keepLine({ gw }: SimGateway, roll: number): void {
    const { centre, gateways } = this.reach;
    if (centre.ledger.lines(gw).every(({ status }) => status === "ok")) return;
    const running = gateways.filter((box) => box.gw === gw).map((box) => box.runningLine);
    const line = running[Math.floor(roll * running.length)];
    // Before its epoch record is there, nobody can say what the line goes on from.
    if (line !== undefined && centre.ledger.bytes(gw, line, 1) !== undefined) centre.keep(gw, line);
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
