import type { DeviceBody, MingchengRecord } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** What a device turned out to be, by what it sends. `gateway`: records the gateway wrote about itself. */
export type DeviceClass = "scale" | "tester" | "camera" | "gateway" | "unknown";

interface KnownDevice {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  class: DeviceClass;
  driver: string | null;
  status: DeviceBody["status"] | null;
  statusAtMs: number | null;
  statusReason: string | null;
  lastAtMs: number | null;
  lastReceivedMs: number | null;
  lastLsn: number | null;
  records: number;
  changed: boolean;
}

/** A record of a device in the order in which it takes effect. */
export interface DeviceSighting {
  readonly record: MingchengRecord;
  readonly lsn: number;
  readonly atMs: number;
  readonly receivedMs: number;
}

const classOf: Readonly<Record<string, DeviceClass>> = {
  weighing: "scale",
  sale: "scale",
  "scale-event": "scale",
  test: "tester",
  camera: "camera",
};

/**
 * State of every device: what it is, what its gateway last said about it, when it last spoke. The latest by effective
 * time wins, so that the records of an outage never make a device look alive now.
 */
export class DeviceBook {
  readonly #find: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #latest: Statement<unknown[]>;
  readonly #latestStatus: Statement<unknown[]>;
  readonly #remaining: Statement<unknown[]>;
  readonly #lastKind: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #devices = new Map<string, KnownDevice>();
  readonly #byId = new Map<number, KnownDevice>();

  constructor(database: SqliteDatabase) {
    const columns = `id, gw, dev, class, driver, status, status_at_ms AS statusAtMs, status_reason AS statusReason,
      last_at_ms AS lastAtMs, last_received_ms AS lastReceivedMs, last_lsn AS lastLsn, records`;
    this.#find = database.prepare(`SELECT ${columns} FROM device WHERE gw = ? AND dev = ?`);
    this.#insert = database.prepare("INSERT INTO device (gw, dev, class, records) VALUES (?, ?, ?, 0)");
    this.#save = database.prepare(
      `UPDATE device SET class = ?, driver = ?, status = ?, status_at_ms = ?, status_reason = ?, last_at_ms = ?,
         last_received_ms = ?, last_lsn = ?, records = ? WHERE id = ?`,
    );
    this.#latest = database.prepare(
      `SELECT record.lsn, at_ms AS atMs FROM record JOIN line ON line.id = record.line AND line.status = 'ok'
       WHERE device = ? ORDER BY at_ms DESC, record.lsn DESC LIMIT 1`,
    );
    this.#remaining = database.prepare(
      `SELECT count(*) AS rows, max(CASE line.status WHEN 'ok' THEN received_ms END) AS lastReceivedMs
       FROM record JOIN line ON line.id = record.line WHERE device = ?`,
    );
    const classKinds = Object.keys(classOf).map((kind) => `'${kind}'`);
    this.#lastKind = database
      .prepare(
        `SELECT kind FROM record JOIN line ON line.id = record.line AND line.status = 'ok'
         WHERE device = ? AND kind IN (${classKinds.join(", ")}) ORDER BY record.lsn DESC LIMIT 1`,
      )
      .pluck();
    this.#remove = database.prepare("DELETE FROM device WHERE id = ?");
    this.#latestStatus = database.prepare(
      `SELECT at_ms AS atMs, body FROM record JOIN line ON line.id = record.line AND line.status = 'ok'
       WHERE device = ? AND kind = 'device' ORDER BY at_ms DESC, record.lsn DESC LIMIT 1`,
    );
  }

  /** Computes a device again from its rows, after some were erased; without any it is as if it had never been heard of. */
  rowsErased(id: number, gone: number): void {
    const device = this.#byId.get(id);
    if (device === undefined) return;
    const rest = this.#remaining.get(id) as { rows: number; lastReceivedMs: number | null };
    if (rest.rows === 0) {
      this.#remove.run(id);
      this.#byId.delete(id);
      this.#devices.delete(`${device.gw} ${device.dev}`);
      return;
    }
    device.records -= gone;
    device.lastReceivedMs = rest.lastReceivedMs;
    if (device.class !== "gateway") device.class = classOf[String(this.#lastKind.get(id))] ?? "unknown";
    device.lastAtMs = null;
    device.lastLsn = null;
    device.changed = true;
    this.recompute(id);
  }

  /** Id of a device, created when it is new. */
  idOf(gw: string, dev: string): number {
    return this.#device(gw, dev).id;
  }

  #device(gw: string, dev: string): KnownDevice {
    const key = `${gw} ${dev}`;
    let device = this.#devices.get(key);
    if (device === undefined) {
      const isGateway = dev === gw;
      const found = this.#find.get(gw, dev) as Omit<KnownDevice, "changed"> | undefined;
      device =
        found === undefined ? this.#created(gw, dev, isGateway ? "gateway" : "unknown") : { ...found, changed: false };
      this.#devices.set(key, device);
      this.#byId.set(device.id, device);
    }
    return device;
  }

  #created(gw: string, dev: string, deviceClass: DeviceClass): KnownDevice {
    const id = Number(this.#insert.run(gw, dev, deviceClass).lastInsertRowid);
    const nothing = { driver: null, status: null, statusAtMs: null, statusReason: null };
    const unseen = { lastAtMs: null, lastReceivedMs: null, lastLsn: null, records: 0, changed: true };
    return { id, gw, dev, class: deviceClass, ...nothing, ...unseen };
  }

  /** Takes one record of the device. */
  see({ record, lsn, atMs, receivedMs }: DeviceSighting): void {
    const device = this.#device(record.gw, record.dev);
    device.changed = true;
    device.records++;
    const known = classOf[record.kind];
    if (known !== undefined && device.class !== "gateway") device.class = known;
    if (device.lastAtMs === null || atMs >= device.lastAtMs) {
      device.lastAtMs = atMs;
      device.lastLsn = lsn;
    }
    device.lastReceivedMs = Math.max(device.lastReceivedMs ?? 0, receivedMs);
    if (record.kind === "device") this.#takeStatus(device, record.body as DeviceBody, atMs);
  }

  #takeStatus(device: KnownDevice, body: DeviceBody, atMs: number): void {
    if (device.statusAtMs !== null && atMs < device.statusAtMs) return;
    device.status = body.status;
    device.statusAtMs = atMs;
    device.statusReason = body.reason;
    device.driver = body.driver ?? device.driver;
  }

  /** Computes again what depends on effective times, after those of the device's rows were rewritten. */
  recompute(id: number): void {
    const device = this.#byId.get(id);
    const latest = this.#latest.get(id) as { lsn: number; atMs: number } | undefined;
    if (device === undefined || latest === undefined) return;
    device.lastAtMs = latest.atMs;
    device.lastLsn = latest.lsn;
    device.changed = true;
    const status = this.#latestStatus.get(id) as { atMs: number; body: string } | undefined;
    if (status === undefined) return;
    device.statusAtMs = null;
    this.#takeStatus(device, JSON.parse(status.body) as DeviceBody, status.atMs);
  }

  /** Loads a device by id so that it can be recomputed. */
  load(gw: string, dev: string): void {
    this.#device(gw, dev);
  }

  /** Writes what changed, in the caller's transaction. */
  flush(): void {
    for (const device of this.#devices.values()) {
      if (!device.changed) continue;
      this.#save.run(
        device.class,
        device.driver,
        device.status,
        device.statusAtMs,
        device.statusReason,
        device.lastAtMs,
        device.lastReceivedMs,
        device.lastLsn,
        device.records,
        device.id,
      );
      device.changed = false;
    }
  }

  /** Drops what it holds in memory. */
  forget(): void {
    this.#devices.clear();
    this.#byId.clear();
  }
}
