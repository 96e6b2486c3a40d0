import { existsSync } from "node:fs";
import { mostPictures } from "@mingcheng/protocols";
import { z } from "zod";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import { addPicture } from "../alerts/pictures.ts";
import { minuteOf } from "../register/model/validity.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import type { Order } from "./order.ts";
import type { OrderDesk } from "./order-desk.ts";

/** What keeping pictures of alerts works with. */
export interface AlertStillsOptions {
  readonly dataDirectory: string;
  readonly register: SqliteDatabase;
  readonly desk: Pick<OrderDesk, "command">;
  readonly nowMs: () => number;
}

/** An alert that fired longer ago shows nothing any more of what it was about. */
const freshMs = 10 * 60_000;
const mostAtOnce = 20;
const mostCameras = 4;
const span = { beforeSeconds: 60, afterSeconds: 120 } as const;

const stillResult = z.object({ sha256: z.string(), at: z.string() });

interface Fired {
  readonly id: string;
  readonly gw: string;
  readonly dev: string;
  readonly title: string;
}

/** Cameras that stand where a device stands: at its stall, or, for one of no stall, at its site. */
const beside = `
  SELECT c.gw, c.dev FROM placement p
  JOIN placement c ON c.stall = p.stall AND c.site = p.site AND (c.gw, c.dev) != (p.gw, p.dev)
    AND c.until_change IS NULL AND c.valid_from <= @minute AND @minute < c.valid_to
  JOIN device d ON d.gw = c.gw AND d.dev = c.dev AND d.class = 'camera' AND d.until_change IS NULL
    AND d.valid_from <= @minute AND @minute < d.valid_to
  WHERE p.gw = @gw AND p.dev = @dev AND p.until_change IS NULL AND p.valid_from <= @minute AND @minute < p.valid_to
  ORDER BY c.gw, c.dev LIMIT ${mostCameras}`;

/**
 * When an alert fires, the cameras beside its device keep a picture and hold what was before and after; the picture then
 * stands with the alert. Remembers nothing of its own: what was ordered for an alert stands among the orders.
 */
export class AlertStills {
  readonly #options: AlertStillsOptions;
  #alerts: SqliteDatabase | undefined;
  #seen = 0;

  constructor(options: AlertStillsOptions) {
    this.#options = options;
  }

  #database(): SqliteDatabase | undefined {
    const path = alertsPath(this.#options.dataDirectory);
    // It is the rules' to make.
    if (this.#alerts === undefined && existsSync(path)) {
      this.#alerts = openForWriting({ path, migrations: alertsMigrations });
    }
    return this.#alerts;
  }

  /** Orders pictures for alerts that have fired since it was asked last. */
  look(): void {
    const { nowMs } = this.#options;
    const rows = this.#database()
      ?.prepare(
        `SELECT h.id AS entry, a.id, a.gw, a.dev, a.title FROM history h JOIN alert a ON a.id = h.alert
         WHERE h.id > ? AND h.to_state = 'firing' AND h.from_state IS NOT 'firing' AND a.dry = 0 AND a.late = 0
           AND h.at_ms > ? ORDER BY h.id LIMIT ${mostAtOnce}`,
      )
      .all(this.#seen, nowMs() - freshMs) as (Fired & { entry: number })[] | undefined;
    for (const { entry, ...fired } of rows ?? []) {
      this.#order(fired);
      this.#seen = entry;
    }
  }

  #order({ id, gw, dev, title }: Fired): void {
    const { register, desk, nowMs } = this.#options;
    const cameras = register.prepare(beside).all({ gw, dev, minute: minuteOf(nowMs()) }) as {
      gw: string;
      dev: string;
    }[];
    const isOrdered = register.prepare(
      `SELECT 1 FROM gateway_order WHERE gw = ? AND kind = 'camera-still' AND json_extract(body, '$.ref') = ?
         AND json_extract(body, '$.device') = ?`,
    );
    for (const camera of cameras) {
      if (isOrdered.get(camera.gw, id, camera.dev) !== undefined) continue;
      const body = { device: camera.dev, cause: "alert", ref: id, ...span };
      const note = (JSON.parse(title) as { readonly zh: string }).zh.slice(0, 200);
      desk.command("camera-still", body, {
        ...{ gw: camera.gw, by: "system", address: null, note, ttlMs: freshMs, nowMs: nowMs() },
      });
    }
  }

  /** A picture has come: it stands with its alert from now on. */
  came({ kind, body, gw }: Order, result: string, content: Uint8Array): void {
    if (kind !== "camera-still" || body["cause"] !== "alert") return;
    const alert = String(body["ref"]);
    const database = this.#database();
    const read = stillResult.safeParse(JSON.parse(result));
    if (!read.success || database?.prepare("SELECT 1 FROM alert WHERE id = ?").get(alert) === undefined) return;
    const takenMs = Date.parse(read.data.at);
    const receivedMs = this.#options.nowMs();
    const { sha256 } = read.data;
    addPicture(
      database,
      {
        ...{ alert, sha256, type: "image/jpeg", takenMs: Number.isNaN(takenMs) ? receivedMs : takenMs, receivedMs },
        ...{ actor: `camera:${gw}/${String(body["device"])}`.slice(0, 64), content },
      },
      mostPictures,
    );
  }

  close(): void {
    this.#alerts?.close();
  }
}
