import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import { Alarms } from "../src/health/alarms.ts";
import { openAccess } from "../src/identity/centre-access.ts";
import { startUplink } from "../src/uplink/start-uplink.ts";
import { type Issued, type ServerOptions, TestAuthority } from "./harness/authority.ts";
import { Mosquitto } from "./harness/mosquitto.ts";
import { centrePassword, TestCentre } from "./harness/test-centre.ts";
import { capture, identityFor, plainClock, quiet, smallOutbox, temporaryDirectory } from "./harness/test-gateway.ts";

const tools = needs("mosquitto", "openssl");
const reconnect = { baseMs: 20, capMs: 60, steadyAfterMs: 200 };
const credential = "the-secret-of-this-gateway";
const gw = "market-a";
const year = new Date().getUTCFullYear();
const inYears = (years: number): string => `${year + years}0101000000Z`;

/** Passes bytes on and keeps what the gateway said; without a port nobody gets through. */
const tap = async (port: () => number | undefined) => {
  const said: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const to = port();
    if (to === undefined) {
      socket.destroy();
      return;
    }
    const up = connect(to, "127.0.0.1");
    for (const one of [socket, up]) {
      sockets.add(one);
      one.on("error", () => undefined).on("close", () => [socket, up].map((other) => other.destroy()));
    }
    socket.on("data", (bytes) => said.push(bytes));
    socket.pipe(up);
    up.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: address.port, said: () => Buffer.concat(said), close };
};

describe.skipIf(tools.skip)(tools.title("a gateway that cannot trust its centre"), () => {
  let base: Awaited<ReturnType<typeof temporaryDirectory>>;
  let authority: TestAuthority;
  let undo: (() => unknown)[] = [];
  let serial = 0;

  beforeAll(async () => {
    base = await temporaryDirectory();
    authority = new TestAuthority(`${base.dir}/ca`);
  });

  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  });

  afterAll(() => base.remove());

  const issue = (options: Omit<ServerOptions, "name"> = {}, by = authority): Issued =>
    by.server({ name: `server-${serial++}`, ...options });

  /** A broker that shows `shown`, an enrolled gateway behind a tap, and its alarms. */
  const world = async (shown: Issued, pinned: string) => {
    const { dir, remove } = await temporaryDirectory();
    undo.push(remove);
    const certPath = join(dir, "broker.pem");
    const keyPath = join(dir, "broker-key.pem");
    const show = (issued: Issued): void => {
      copyFileSync(issued.certPath, certPath);
      copyFileSync(issued.keyPath, keyPath);
    };
    show(shown);
    const broker = await Mosquitto.start(
      dir,
      { certPath, keyPath, pem: "" },
      { [gw]: credential, centre: centrePassword },
    );
    undo.push(() => broker.kill());
    let isOpen = true;
    const line = await tap(() => (isOpen ? broker.port : undefined));
    undo.push(() => line.close());
    const centre = new TestCentre();
    const identity = identityFor(gw, credential, line.port, centre.receipts.publicKey, pinned);
    centre.know(gw, identity.signer);
    const outbox = await smallOutbox(dir, identity);
    undo.push(() => outbox.close());
    const directory = join(dir, "identity");
    mkdirSync(directory, { mode: 0o700 });
    const access = await openAccess(identity, { directory, log: quiet });
    const clock = plainClock();
    const alarms = new Alarms(() => clock.wall());
    const warned: string[] = [];
    const log = { ...quiet, warn: (detail: object) => warned.push(JSON.stringify(detail)) };
    const uplink = startUplink({
      ...{ identity, outbox, clock, log, reconnect, alarms },
      access: () => access.current(),
      onAuthorities: (payload, message) => access.authorities.learn(payload, message),
    });
    undo.push(() => uplink.close());
    return {
      ...{ dir, directory, line, centre, identity, outbox, access, alarms, warned, uplink },
      codes: () => alarms.list().map(({ code }) => code),
      /** The broker comes back with another certificate, and the centre behind it. */
      showNow: async (issued: Issued, ca = authority.issued.pem) => {
        await centre.disconnect();
        await broker.kill();
        show(issued);
        // This broker keeps nothing for a centre that is not there yet.
        isOpen = false;
        await broker.run();
        await centre.connect(broker.port, ca, gw);
        isOpen = true;
        undo.push(() => centre.disconnect());
      },
      drained: () =>
        until(() => uplink.stats().ready && uplink.stats().pending === 0, { what: "all is sent", withinMs: 20_000 }),
    };
  };

  const cases: readonly [string, () => { shown: Issued; pinned?: string; alarm: string }][] = [
    ["an expired server certificate", () => ({ shown: issue({ end: inYears(-1) }), alarm: "CERTIFICATE_EXPIRED" })],
    [
      "an expired authority",
      () => {
        const old = new TestAuthority(`${base.dir}/old`, { end: inYears(-1) });
        return { shown: issue({}, old), pinned: old.issued.pem, alarm: "CERTIFICATE_EXPIRED" };
      },
    ],
    ["another name", () => ({ shown: issue({ names: "DNS:elsewhere.example" }), alarm: "CENTRE_UNTRUSTED" })],
    ["a certificate that is not valid yet", () => ({ shown: issue({ start: inYears(2) }), alarm: "CENTRE_UNTRUSTED" })],
    [
      "a foreign authority",
      () => ({ shown: issue({}, new TestAuthority(`${base.dir}/foreign`)), alarm: "CENTRE_UNTRUSTED" }),
    ],
  ];

  it.each(cases)("captures on, raises an alarm and says nothing to %s; then sends everything", async (_name, make) => {
    const { shown, pinned = authority.issued.pem, alarm } = make();
    const { outbox, line, centre, warned, codes, uplink, showNow, drained } = await world(shown, pinned);
    await until(() => codes().includes(alarm as never), { what: "the alarm", withinMs: 10_000 });
    await capture(outbox, 50);
    expect(codes()).toEqual([alarm]);
    expect(uplink.stats()).toMatchObject({ connected: false, reconnects: 0, pending: 51, batchesSent: 0 });
    // One line says what to do, however often it was tried.
    expect(warned.filter((text) => text.includes(alarm))).toHaveLength(1);
    expect(warned.join()).toMatch(/Next: /);
    const said = line.said();
    expect(said[0]).toBe(0x16);
    for (const secret of [credential, "weighing", "mc/v1/", "MQTT"]) expect(said.includes(secret)).toBe(false);
    if (pinned !== authority.issued.pem) return;
    await showNow(issue());
    await drained();
    expect(centre.stored(gw)).toEqual({ records: 51, whole: true });
    expect(codes()).toEqual([]);
  });

  it("raises an alarm when its credential was revoked, captures on, and goes on with a renewed one by itself", async () => {
    const { dir, directory, identity, outbox, codes, showNow, drained } = await world(issue(), authority.issued.pem);
    await showNow(issue());
    await capture(outbox, 10);
    await drained();
    // The centre takes the credential back.
    const passwords = join(dir, "passwords");
    const before = readFileSync(passwords, "utf8");
    writeFileSync(
      passwords,
      before.replace(/^market-a:.*$/m, (row) => row.replace("market-a", "nobody")),
    );
    await showNow(issue());
    await until(() => codes().includes("CENTRE_REFUSED"), { what: "the alarm", withinMs: 10_000 });
    await capture(outbox, 10);
    // `enrol` with a new code, beside the running gateway: here with the credential that counts again.
    writeFileSync(passwords, before);
    const { kid } = identity.signer;
    const hex = (key: Uint8Array) => Buffer.from(key).toString("hex");
    const enrolment = {
      ...{ v: 1, gw, credential, mqtt: identity.mqtt, caPem: identity.caPem, centreName: "test", site: "test" },
      ...{ receiptKey: hex(identity.receiptKey), commandKey: hex(identity.commandKey) },
      ...{ manifestKey: hex(identity.manifestKey), at: new Date().toISOString(), kid, keyFile: `signing-${kid}.pem` },
    };
    writeFileSync(join(directory, "enrolment.json"), JSON.stringify(enrolment), { mode: 0o600 });
    await showNow(issue());
    await drained();
    expect(codes()).toEqual([]);
  });

  it("warns 30 days before a certificate ends", async () => {
    const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().replace(/\D/g, "").slice(0, 14);
    const { codes, showNow, drained } = await world(issue({ end: `${soon}Z` }), authority.issued.pem);
    await showNow(issue({ end: `${soon}Z` }));
    await drained();
    expect(codes()).toEqual(["CERTIFICATE_ENDS_SOON"]);
    await showNow(issue());
    await until(() => codes().length === 0, { what: "the renewed one is seen", withinMs: 10_000 });
  });

  it("learns the next authority from its centre alone, keeps it over a restart, and then trusts no other", async () => {
    const next = new TestAuthority(`${base.dir}/next`, { name: "the next authority" });
    const { directory, identity, centre, uplink, access, codes, showNow, drained } = await world(
      issue(),
      authority.issued.pem,
    );
    await showNow(issue());
    await drained();
    const list = (n: number, ...certificates: string[]) => ({
      ...{ v: 1, type: "authorities", n, certificates, at: new Date().toISOString() },
    });
    const trusted = async () => (await access.current()).authorities;
    const present = authority.issued.pem;
    // Not signed by the pinned key, not for this gateway, not authorities: refused, however new.
    const stranger = new TestCentre();
    await centre.say(gw, list(9, next.issued.pem), stranger.receipts);
    await centre.say(gw, list(9, next.issued.pem), centre.receipts, "market-b");
    await centre.say(gw, list(9, issue().pem));
    await until(() => uplink.stats().refusedDownlinks >= 2, { what: "both refused", withinMs: 5_000 });
    expect(await trusted()).toEqual([present]);
    await centre.say(gw, list(3, present, next.issued.pem));
    await until(async () => (await trusted()).length === 2, { what: "learnt", withinMs: 5_000 });
    await showNow(issue({}, next), next.issued.pem);
    await drained();
    expect(codes()).toEqual([]);
    await centre.say(gw, list(4, next.issued.pem));
    await until(async () => (await trusted()).length === 1, { what: "the first one is given up", withinMs: 5_000 });
    // An older list, replayed, takes nothing back.
    await centre.say(gw, list(3, present, next.issued.pem));
    await centre.say(gw, list(5, next.issued.pem, next.issued.pem));
    await until(async () => (await trusted()).length === 2, { what: "all were read", withinMs: 5_000 });
    expect(await trusted()).toEqual([next.issued.pem, next.issued.pem]);
    await access.authorities.settled();
    expect(statSync(join(directory, "authorities.msg")).mode & 0o777).toBe(0o600);
    const again = await openAccess(identity, { directory, log: quiet });
    expect((await again.current()).authorities).toEqual([next.issued.pem, next.issued.pem]);
    // One octet changed on disk: it counts for nothing.
    const kept = readFileSync(join(directory, "authorities.msg"));
    kept[20] = (kept[20] ?? 0) ^ 1;
    writeFileSync(join(directory, "authorities.msg"), kept);
    const spoilt = await openAccess(identity, { directory, log: quiet });
    expect((await spoilt.current()).authorities).toEqual([present]);
  });
});
