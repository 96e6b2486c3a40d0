import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeSigned, keyIdOf, parseSigned, signedTags, signedVerifies, toHex } from "@mingcheng/protocols";
import {
  type Ack,
  bundleMessages,
  type Command,
  commandReader,
  readConfiguration,
} from "@mingcheng/protocols/commands";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newSigner } from "../../test/sealed-line.ts";
import type { AuditEvent } from "../audit/audit-event.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { registerMigrations } from "../register/register-database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { AckReader } from "./ack-reader.ts";
import { BundleShelf, bundleContentOf } from "./bundle-shelf.ts";
import { OrderDesk, type Ordering } from "./order-desk.ts";
import { OrderDispatcher } from "./order-dispatcher.ts";
import { OrderStore } from "./order-store.ts";

const gw = "market-a";
const centre = newSigner();
const gateway = newSigner();
const startMs = Date.parse("2026-11-25T02:00:00Z");
const restart = { device: "scale-1" };

describe("orders to gateways", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "mingcheng-orders-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const setUp = () => {
    const database = new Database(":memory:");
    for (const migration of registerMigrations) migration(database);
    const register = new GatewayRegister(database);
    register.enrol(gw, register.addCode(gw, undefined, startMs).secret, toHex(gateway.publicKey), startMs);
    const audited: AuditEvent[] = [];
    const desk = new OrderDesk(database, { append: (event) => audited.push(event) });
    const store = new OrderStore(database);
    const sent: Uint8Array[] = [];
    let nowMs = startMs;
    const shelf = new BundleShelf(dir);
    const dispatcher = new OrderDispatcher({
      ...{ store, shelf, signer: centre, nowMs: () => nowMs },
      acks: new AckReader(database, dir, () => nowMs),
      publish: (_gw, payload) => sent.push(payload),
      log: () => undefined,
    });
    const read = commandReader(nodeCrypto, gw, centre.publicKey);
    const ordering = (more: Partial<Ordering> = {}): Ordering => ({
      ...{ gw, by: "li", note: "it is silent", ttlMs: 60_000, nowMs },
      ...more,
    });
    const commands = (): Command[] =>
      sent.map((message) => {
        const found = read(message);
        if ("fault" in found) throw new Error(found.detail);
        return found.command;
      });
    const answer = (message: Uint8Array, outcome: Ack["outcome"], more: Partial<Ack> = {}, signer = gateway) => {
      const found = read(message);
      const { cseq, id } = "command" in found ? found.command : { cseq: 0, id: "" };
      const ack: Ack = {
        ...{ v: 1, cseq, id, payload: found.payload, outcome, reason: null, result: "", record: null, at: "" },
        ...more,
      };
      return dispatcher.ack(gw, encodeSigned(signedTags.ack, gw, ack, signer));
    };
    return {
      ...{ database, desk, store, dispatcher, sent, commands, answer, ordering, audited, shelf },
      pass: (ms: number) => {
        nowMs += ms;
      },
    };
  };

  it("are checked, noted, and stay as they were given", () => {
    const { desk, store, database, ordering, audited } = setUp();
    const id = desk.command("restart-driver", restart, ordering());
    expect(store.one(gw, id)).toMatchObject({ state: "waiting", cseq: null, by: "li", body: restart });
    expect(audited).toEqual([
      {
        ...{ actor: "li", address: null, action: "command.sent", subject: `gateway:${gw}` },
        detail: { id, kind: "restart-driver", note: "it is silent", ttlMs: 60_000, device: "scale-1" },
      },
    ]);
    expect(() => desk.command("configuration", {}, ordering())).toThrow(/kind|known are/);
    expect(() => desk.command("tare", {}, ordering())).toThrow(expect.objectContaining({ field: "body.device" }));
    expect(() => desk.command("tare", { device: "a", hard: true }, ordering())).toThrow(
      expect.objectContaining({ field: "body.hard" }),
    );
    expect(() => desk.configure({ outbox: {} }, ordering())).toThrow(
      expect.objectContaining({ field: "settings.outbox" }),
    );
    expect(() => desk.command("diagnostics", {}, ordering({ ttlMs: 10 }))).toThrow(/7 days/);
    expect(() => desk.command("diagnostics", {}, ordering({ gw: "market-z" }))).toThrow(/market-z/);
    expect(audited).toHaveLength(1);
    expect(() => database.prepare("DELETE FROM gateway_order").run()).toThrow(/never deleted/);
    expect(() => database.prepare("UPDATE gateway_order SET by = 'wang'").run()).toThrow(/never changed/);
  });

  it("wait for the gateway's state, go one at a time, and end with its answer", async () => {
    const { desk, store, dispatcher, sent, commands, answer, ordering } = setUp();
    const first = desk.command("restart-driver", restart, ordering());
    const second = desk.command("diagnostics", {}, ordering());
    dispatcher.look();
    expect(sent).toEqual([]);
    dispatcher.cameOnline(gw, 0, 0);
    dispatcher.look();
    expect(commands().map(({ id, cseq }) => [id, cseq])).toEqual([[first, 1]]);
    await answer(sent[0] as Uint8Array, "accepted");
    expect(store.one(gw, first).state).toBe("acknowledged");
    expect(commands().map(({ id, cseq }) => [id, cseq])).toEqual([
      [first, 1],
      [second, 2],
    ]);
    const record = { ep: 1, eid: "ab".repeat(16), seq: 9 };
    await answer(sent[0] as Uint8Array, "done", { result: "ok", record });
    expect(store.one(gw, first)).toMatchObject({ state: "done", result: "ok", record, reason: null });
    await answer(sent[0] as Uint8Array, "failed");
    expect(store.one(gw, first).state).toBe("done");
  });

  it("are sent again as they were until they are answered, and end unsent when their time is over", async () => {
    const { desk, store, dispatcher, sent, ordering, pass } = setUp();
    const id = desk.command("restart-driver", restart, ordering());
    const never = desk.command("diagnostics", {}, ordering({ ttlMs: 1_000 }));
    dispatcher.cameOnline(gw, 0, 0);
    pass(5_000);
    dispatcher.look();
    expect(sent.map((payload) => Buffer.from(payload).toString("hex"))).toEqual([
      ...Array<string>(2).fill(Buffer.from(sent[0] as Uint8Array).toString("hex")),
    ]);
    expect(store.one(gw, never)).toMatchObject({ state: "expired", reason: "never-sent" });
    dispatcher.wentOffline(gw);
    pass(60_000);
    dispatcher.look();
    expect(sent).toHaveLength(2);
    dispatcher.cameOnline(gw, 1, 0);
    expect(sent).toHaveLength(3);
    expect(store.one(gw, id)).toMatchObject({ state: "sent", deliveries: 3 });
  });

  it("go on above what the gateway has seen, when this register is an older copy", () => {
    const { desk, dispatcher, commands, ordering, sent } = setUp();
    desk.configure({ log: { level: "debug" } }, ordering());
    dispatcher.cameOnline(gw, 41, 6);
    expect(commands()[0]).toMatchObject({ cseq: 42, kind: "configuration" });
    const document = String(commands()[0]?.body["document"]);
    expect(readConfiguration(nodeCrypto, gw, centre.publicKey, document)).toMatchObject({
      configuration: { version: 7, by: "li", settings: { log: { level: "debug" } } },
    });
    expect(sent).toHaveLength(1);
  });

  it("believe no answer but the gateway's own", async () => {
    const { desk, store, dispatcher, sent, answer, ordering, database } = setUp();
    const id = desk.command("restart-driver", restart, ordering());
    dispatcher.cameOnline(gw, 0, 0);
    const [message] = sent;
    await answer(message as Uint8Array, "done", {}, newSigner());
    await answer(message as Uint8Array, "done", { payload: "ab".repeat(32) });
    await dispatcher.ack(gw, Buffer.from("done!"));
    const state = encodeSigned(signedTags.state, gw, { outcome: "done" }, gateway);
    await dispatcher.ack(gw, state);
    expect(store.one(gw, id).state).toBe("sent");
    database
      .prepare(
        `INSERT INTO gateway_decision (gw, kind, kid, ep, eid, seq, by, reason, at_ms)
         VALUES (?, 'revoke-key', ?, 1, ?, 1, 'li', '', 1)`,
      )
      .run(gw, keyIdOf(nodeCrypto.sha256, gateway.publicKey), "ab".repeat(16));
    const revoked = new AckReader(database, dir, () => startMs);
    expect(revoked.read(gw, state)).toMatchObject({ refused: expect.stringContaining("revoked") });
    const signed = parseSigned(state);
    expect(signed && signedVerifies(nodeCrypto, gateway.publicKey, signedTags.ack, gw, signed)).toBe(false);
  });

  it("get another place when the gateway says that theirs is taken", async () => {
    const { desk, store, dispatcher, sent, commands, answer, ordering } = setUp();
    const id = desk.command("restart-driver", restart, ordering());
    dispatcher.cameOnline(gw, 3, 0);
    dispatcher.cameOnline(gw, 9, 0);
    await answer(sent[0] as Uint8Array, "refused", { reason: "cseq-taken" });
    expect(commands().map((command) => [command.id, command.cseq])).toEqual([
      [id, 4],
      [id, 10],
    ]);
    await answer(sent[0] as Uint8Array, "refused", { reason: "cseq-taken" });
    await answer(sent[1] as Uint8Array, "done");
    expect(store.one(gw, id)).toMatchObject({ state: "done", cseq: 10, reason: null });
  });

  it("tell why the gateway does not take them yet", async () => {
    const { desk, store, dispatcher, sent, answer, ordering } = setUp();
    const id = desk.command("restart-driver", restart, ordering());
    dispatcher.cameOnline(gw, 0, 0);
    await answer(sent[0] as Uint8Array, "waiting", { reason: "clock-unknown" });
    expect(store.one(gw, id)).toMatchObject({ state: "sent", reason: "clock-unknown" });
    await answer(sent[0] as Uint8Array, "expired", { reason: "expired" });
    expect(store.one(gw, id)).toMatchObject({ state: "expired", reason: "expired" });
  });

  it("bring a bundle that counts once it is whole", async () => {
    const { desk, store, dispatcher, sent, answer, ordering } = setUp();
    const id = desk.command("diagnostics", {}, ordering());
    dispatcher.cameOnline(gw, 0, 0);
    const noise = Array.from({ length: 9_000 }, (_, index) => createHash("sha256").update(String(index)).digest("hex"));
    const bundle = gzipSync(JSON.stringify({ v: 1, noise }));
    const sha256 = createHash("sha256").update(bundle).digest("hex");
    const pieces = bundleMessages(bundle, sha256);
    expect(pieces.length).toBeGreaterThan(2);
    const result = JSON.stringify({ sha256, bytes: bundle.length, pieces: pieces.length });
    for (const piece of pieces.slice(1)) dispatcher.bundle(gw, id, piece);
    dispatcher.bundle(gw, "another", pieces[0] as Uint8Array);
    await answer(sent[0] as Uint8Array, "done", { result });
    expect(store.one(gw, id).state).toBe("sent");
    dispatcher.bundle(gw, id, pieces[0] as Uint8Array);
    await answer(sent[0] as Uint8Array, "done", { result });
    expect(store.one(gw, id).state).toBe("done");
    expect(await bundleContentOf(dir, id)).toEqual({ v: 1, noise });
    const [name] = readdirSync(join(dir, "diagnostics"));
    expect(statSync(join(dir, "diagnostics", String(name))).mode & 0o077).toBe(0);
    await expect(bundleContentOf(dir, "another")).rejects.toThrow(/another/);
  });
});
