import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { loadCentreKeys, loadSigners, ownHosts } from "./centre-keys.ts";
import { createAuthority, createServerCertificate } from "./certificate-issuer.ts";
import { certificateFingerprint, stillServes } from "./certificates.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-keys-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const nowMs = Date.now();
const yearMs = 365 * 24 * 3_600_000;

describe("the centre's certificates", () => {
  it("serve TLS to whoever trusts the authority, under every name and address, and to nobody else", async () => {
    const authority = await createAuthority("Test centre", nowMs);
    const server = await createServerCertificate(authority, ["localhost", "127.0.0.1"], nowMs);
    const listener = createServer({ key: server.keyPem, cert: server.certPem }, (socket) => socket.end("hello"));
    listener.on("tlsClientError", () => undefined);
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    const reach = async (host: string, ca: string): Promise<string> => {
      const socket = connect({ host: "127.0.0.1", port, ca, ...(host === "localhost" ? { servername: host } : {}) });
      try {
        await once(socket, "secureConnect");
        return "trusted";
      } catch (error) {
        return error instanceof Error && "code" in error ? String(error.code) : String(error);
      } finally {
        socket.destroy();
      }
    };
    expect(await reach("localhost", authority.certPem)).toBe("trusted");
    expect(await reach("127.0.0.1", authority.certPem)).toBe("trusted");
    const other = await createAuthority("Test centre", nowMs);
    expect(await reach("localhost", other.certPem)).not.toBe("trusted");
    listener.close();
  });

  it("are renewed when they end soon, lack a name, belong to another authority or another key", async () => {
    const authority = await createAuthority("Test centre", nowMs);
    const server = await createServerCertificate(authority, ["localhost", "10.0.0.1"], nowMs);
    const other = await createServerCertificate(authority, ["localhost"], nowMs);
    const stranger = await createAuthority("Test centre", nowMs);
    const serves = (cert = server, ca = authority.certPem, hosts = ["localhost"], at = nowMs) =>
      stillServes(cert, ca, hosts, at);
    expect(serves()).toBe(true);
    expect(serves(server, authority.certPem, ["localhost", "10.0.0.1"])).toBe(true);
    expect(serves(server, authority.certPem, ["localhost", "10.0.0.2"])).toBe(false);
    expect(serves(server, authority.certPem, ["localhost"], nowMs + 2.1 * yearMs)).toBe(false);
    expect(serves(server, stranger.certPem)).toBe(false);
    expect(serves({ ...server, keyPem: other.keyPem })).toBe(false);
    expect(serves({ ...server, certPem: "damaged" })).toBe(false);
    expect(certificateFingerprint(server.certPem)).not.toBe(certificateFingerprint(other.certPem));
  });
});

describe("the keys of a data directory", () => {
  it("are made once, readable by their owner only, and the same at the next start", async () => {
    const dir = join(scratch, "first");
    const options = { centreName: "Test centre", publicHost: "centre.example.org", nowMs };
    const made = await loadCentreKeys(dir, options);
    const again = await loadCentreKeys(dir, options);
    expect(again).toMatchObject({ authorityPem: made.authorityPem, server: made.server });
    expect([again.receipt.kid, again.command.kid, again.manifest.kid]).toEqual([
      made.receipt.kid,
      made.command.kid,
      made.manifest.kid,
    ]);
    expect(new Set([made.receipt.kid, made.command.kid, made.manifest.kid]).size).toBe(3);
    expect(statSync(join(dir, "keys")).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(dir, "keys")))
      expect(statSync(join(dir, "keys", name)).mode & 0o777).toBe(0o600);
    const moved = await loadCentreKeys(dir, { ...options, publicHost: "other.example.org" });
    expect(moved.authorityPem).toBe(made.authorityPem);
    expect(stillServes(moved.server, moved.authorityPem, ownHosts("other.example.org"), nowMs)).toBe(true);
  });

  it("are refused when somebody else can read them, or when they are no keys", async () => {
    const dir = join(scratch, "second");
    await loadSigners(dir);
    const path = join(dir, "keys", "receipt-key.pem");
    const pem = readFileSync(path);
    rmSync(path);
    writeFileSync(path, pem, { mode: 0o644 });
    await expect(loadSigners(dir)).rejects.toMatchObject({ code: "KEY_INVALID" });
    writeFileSync(path, "not a key");
    await expect(loadSigners(dir)).rejects.toMatchObject({ code: "KEY_INVALID" });
  });
});
