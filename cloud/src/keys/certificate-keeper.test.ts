import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server } from "node:tls";
import { authoritiesSchema, parseSigned, signedTags, signedVerifies } from "@mingcheng/protocols";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { introduceAuthority, loadAuthorities, switchAuthority } from "./authorities.ts";
import { loadCentreKeys } from "./centre-keys.ts";
import { createAuthority } from "./certificate-issuer.ts";
import { CertificateKeeper, type ServingCertificates } from "./certificate-keeper.ts";
import { endsMs } from "./certificates.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-keeper-"));
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const dayMs = 24 * 3_600_000;
const yearMs = 365 * dayMs;
const centreName = "Test centre";
const hosts = ["localhost", "127.0.0.1"];
let serial = 0;

/** A keeper over a new data directory, with a clock that the test moves. */
const world = async (startMs = Date.now()) => {
  const dataDirectory = join(scratch, `centre-${serial++}`);
  let nowMs = startMs;
  const keys = await loadCentreKeys(dataDirectory, { centreName, publicHost: "localhost", nowMs });
  const changes: ServingCertificates[] = [];
  const errors: string[] = [];
  const keeper = new CertificateKeeper({
    ...{ dataDirectory, centreName, hosts, receipt: keys.receipt, nowMs: () => nowMs },
    serving: { server: keys.server, authorities: keys.authorities },
    onChange: (serving) => changes.push(serving),
    log: { info: () => undefined, error: (_detail, text) => errors.push(text) },
  });
  const at = async (ms: number): Promise<void> => {
    nowMs = ms;
    await keeper.check();
  };
  return { dataDirectory, directory: join(dataDirectory, "keys"), keys, keeper, changes, errors, at, startMs };
};

const told = (keeper: CertificateKeeper, keys: { receipt: { publicKey: Uint8Array } }, gw = "market-a") => {
  const payload = keeper.messageFor(gw);
  const signed = payload === undefined ? undefined : parseSigned(payload);
  if (signed === undefined) return undefined;
  expect(signedVerifies(nodeCrypto, keys.receipt.publicKey, signedTags.receipt, gw, signed)).toBe(true);
  expect(signedVerifies(nodeCrypto, keys.receipt.publicKey, signedTags.receipt, "another", signed)).toBe(false);
  return authoritiesSchema.parse(signed.value);
};

const authorityOf = (pem: string, candidates: readonly string[]): number =>
  candidates.findIndex((ca) => new X509Certificate(pem).verify(new X509Certificate(ca).publicKey));

describe("the centre's certificates over the years", () => {
  it("are renewed while they still serve, without a moment at which none is valid", async () => {
    const { keys, keeper, changes, at, startMs } = await world();
    let server = keys.server.certPem;
    // Looked at every fortnight for ten years.
    for (let ms = startMs; ms < startMs + 10 * yearMs; ms += 14 * dayMs) {
      await at(ms);
      const serving = changes.at(-1)?.server.certPem ?? server;
      expect(endsMs(serving) - ms).toBeGreaterThan(30 * dayMs);
      expect(Date.parse(new X509Certificate(serving).validFrom)).toBeLessThanOrEqual(ms);
      expect(keeper.warning()).toBeNull();
      server = serving;
    }
    expect(changes.length).toBeGreaterThan(3);
    expect(changes.every(({ authorities }) => authorities.n === 0)).toBe(true);
    // Nobody is told of authorities while there is only the first.
    expect(keeper.messageFor("market-a")).toBeUndefined();
  });

  it("change to the next authority by themselves, years before the first one ends and a year after it was made known", async () => {
    const { keys, keeper, changes, at, startMs } = await world();
    const first = keys.authorityPem;
    const known = new Map<string, number>([[first, startMs]]);
    let issuer = first;
    for (let ms = startMs + 25 * yearMs; ms < startMs + 31 * yearMs; ms += 10 * dayMs) {
      await at(ms);
      const list = told(keeper, keys)?.certificates ?? [first];
      for (const pem of list) if (!known.has(pem)) known.set(pem, ms);
      const server = changes.at(-1)?.server.certPem ?? keys.server.certPem;
      const now = list[authorityOf(server, list)] ?? "none";
      // Whatever issues has been made known for a year, and is not over.
      if (now !== issuer) expect(ms - (known.get(now) ?? ms)).toBeGreaterThanOrEqual(yearMs);
      issuer = now;
      expect(endsMs(issuer)).toBeGreaterThan(ms);
      expect(endsMs(server)).toBeLessThanOrEqual(endsMs(issuer));
      expect(keeper.warning()).toBeNull();
    }
    expect(known.size).toBe(2);
    expect(issuer).not.toBe(first);
  });

  it("are picked up by a listener for new connections, while open ones go on", async () => {
    const { directory, keys, changes, at, startMs } = await world();
    const server = createServer({ key: keys.server.keyPem, cert: keys.server.certPem }, (socket) => {
      socket.on("data", (bytes) => socket.write(bytes));
      socket.on("error", () => undefined);
    });
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dial = async (ca: readonly string[]) => {
      const socket = connect({ host: "127.0.0.1", port, ca: [...ca], servername: "localhost" });
      await once(socket, "secureConnect");
      return socket;
    };
    const open = await dial([keys.authorityPem]);
    await introduceAuthority(directory, centreName, startMs);
    await at(startMs);
    const both = [changes[0]?.authorities.active.certPem ?? "", changes[0]?.authorities.next?.certPem ?? ""];
    expect(both[0]).toBe(keys.authorityPem);
    await switchAuthority(directory, centreName, startMs + 1);
    await at(startMs + 1);
    const renewed = changes.at(-1)?.server;
    server.setSecureContext({ key: renewed?.keyPem ?? "", cert: renewed?.certPem ?? "" });
    // A gateway that learnt the next one connects; one that trusts the first alone does not.
    const second = await dial(both);
    await expect(dial([keys.authorityPem])).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE|SELF|ISSUER/),
    });
    for (const socket of [open, second]) {
      socket.write("still here");
      expect(String((await once(socket, "data"))[0])).toBe("still here");
      socket.destroy();
    }
  });

  it("survive a crash at every step of a change of authority", async () => {
    const { directory, startMs } = await world();
    await introduceAuthority(directory, centreName, startMs);
    const before = await loadAuthorities(directory, centreName, startMs);
    const next = before.next?.certPem;
    // As a crash right behind the decision leaves it, and behind the first of the two files.
    const decided = JSON.stringify({ v: 1, n: startMs + 5, nextSinceMs: startMs, switching: true });
    for (const step of [0, 1]) {
      const copy = join(scratch, `crash-${step}`);
      const again = await world();
      for (const name of ["ca.pem", "ca-key.pem", "ca-next.pem", "ca-next-key.pem"])
        writeFileSync(join(again.directory, name), readFileSync(join(directory, name)), { mode: 0o600 });
      writeFileSync(join(again.directory, "authorities.json"), decided, { mode: 0o600 });
      if (step === 1) renameSync(join(again.directory, "ca-next-key.pem"), join(again.directory, "ca-key.pem"));
      expect(copy).not.toBe(directory);
      const found = await loadAuthorities(again.directory, centreName, startMs);
      expect(found.active.certPem).toBe(next);
      expect(new X509Certificate(found.active.certPem).ca).toBe(true);
      expect(found).toMatchObject({ next: null, n: startMs + 5 });
    }
  });

  it("are warned about 30 days before, and when they cannot be renewed", async () => {
    const { directory, keeper, errors, at, startMs } = await world();
    const end = keeper.figures().find(({ labels }) => labels?.["certificate"] === "server");
    expect(end?.value).toBeGreaterThan(700 * 24 * 3600);
    // Nothing can be written and nothing made: the present one serves on, and is complained about in time.
    renameSync(join(directory, "ca-key.pem"), join(directory, "ca-key.gone"));
    writeFileSync(join(directory, "authorities.json"), "damaged");
    await at(startMs + 775 * dayMs);
    await at(startMs + 775 * dayMs);
    expect(errors).toEqual(["certificates cannot be renewed now"]);
    expect(keeper.warning()).toMatch(/server certificate ends .*cannot be renewed/);
  });

  it("cannot be talked out of renewal by an authority that is not ours", async () => {
    const { directory, keys, changes, at, startMs } = await world();
    const stranger = await createAuthority("Stranger", startMs);
    writeFileSync(join(directory, "server.pem"), stranger.certPem, { mode: 0o600 });
    await at(startMs);
    expect(authorityOf(changes.at(-1)?.server.certPem ?? "", [keys.authorityPem])).toBe(0);
  });
});
