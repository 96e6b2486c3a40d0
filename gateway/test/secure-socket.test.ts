import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { certificateFault } from "../src/uplink/certificate-check.ts";
import { openSecureSocket } from "../src/uplink/secure-socket.ts";
import { type Issued, type ServerOptions, TestAuthority } from "./harness/authority.ts";
import { temporaryDirectory } from "./harness/test-gateway.ts";

const tools = needs("openssl");
const year = new Date().getUTCFullYear();
const inYears = (years: number): string => `${year + years}0101000000Z`;
const msInYears = (years: number): number => Date.UTC(year + years, 6, 1);

describe.skipIf(tools.skip)(tools.title("trust in the centre's certificate"), () => {
  let base: Awaited<ReturnType<typeof temporaryDirectory>>;
  let authority: TestAuthority;
  let stranger: TestAuthority;
  const servers: Server[] = [];
  const received: number[] = [];

  beforeAll(async () => {
    base = await temporaryDirectory();
    authority = new TestAuthority(`${base.dir}/ca`);
    stranger = new TestAuthority(`${base.dir}/stranger`);
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await base.remove();
  });

  const serve = async (issued: Issued): Promise<number> => {
    const tls = { key: readFileSync(issued.keyPath), cert: issued.pem };
    const server = createServer(tls, (socket) => {
      socket.on("data", (bytes) => received.push(bytes.length));
      socket.on("error", () => undefined);
    });
    server.on("tlsClientError", () => undefined);
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };

  /** "trusted", or the code and message of the refusal. `floorYears`: the present is known to be later than that. */
  const dial = async (port: number, floorYears: number, host = "127.0.0.1", caPem = authority.issued.pem) => {
    const floorMs = msInYears(floorYears);
    const clock = { isBehind: () => Date.now() < floorMs, floorMs: () => floorMs };
    try {
      const socket = await openSecureSocket({ host, port, authorities: [caPem], clock, withinMs: 5_000 });
      socket.destroy();
      return "trusted";
    } catch (error) {
      return `${(error as { code: string }).code} ${(error as Error).message}`;
    }
  };

  let serial = 0;
  const certified = (options: Omit<ServerOptions, "name">, by = authority) =>
    serve(by.server({ name: `server-${serial++}`, ...options }));

  it("trusts the pinned authority's server under its name and address", async () => {
    const port = await certified({});
    expect(await dial(port, -1)).toBe("trusted");
    expect(await dial(port, -1, "localhost")).toBe("trusted");
    expect(await dial(port, 5)).toBe("trusted");
  });

  it("tolerates what is not valid yet only while the clock cannot be right", async () => {
    const port = await certified({ start: inYears(3), end: inYears(8) });
    expect(await dial(port, -1)).toMatch(/^CENTRE_UNTRUSTED .*CERT_NOT_YET_VALID/);
    // The clock stands before the last receipt.
    expect(await dial(port, 4)).toBe("trusted");
    // A certificate renewed after the last receipt.
    expect(await dial(port, 1)).toBe("trusted");
    expect(await dial(port, 4, "localhost")).toBe("trusted");
  });

  it("tolerates an authority that is not valid yet in the same way", async () => {
    const young = new TestAuthority(`${base.dir}/young`, { start: inYears(2), end: inYears(20) });
    const port = await certified({ start: inYears(3), end: inYears(8) }, young);
    expect(await dial(port, -1, "127.0.0.1", young.issued.pem)).toMatch(/^CENTRE_UNTRUSTED .*NOT_YET_VALID/);
    expect(await dial(port, 4, "127.0.0.1", young.issued.pem)).toBe("trusted");
  });

  it("tolerates nothing else, clock or no clock", async () => {
    const foreign = await certified({ start: inYears(3), end: inYears(8) }, stranger);
    expect(await dial(foreign, 4)).toMatch(/^CENTRE_UNTRUSTED/);
    const elsewhere = await certified({ start: inYears(3), end: inYears(8), names: "DNS:elsewhere.example" });
    expect(await dial(elsewhere, 4)).toMatch(/^CENTRE_UNTRUSTED .*altnames/);
    const client = await certified({ start: inYears(3), end: inYears(8), usage: "clientAuth" });
    expect(await dial(client, 4)).toMatch(/^CENTRE_UNTRUSTED/);
    const over = await certified({ start: inYears(3), end: inYears(5) });
    expect(await dial(over, 6)).toMatch(/^CERTIFICATE_EXPIRED .*expired/);
    const past = await certified({ start: inYears(-3), end: inYears(-2) });
    expect(await dial(past, -1)).toMatch(/^CERTIFICATE_EXPIRED .*CERT_HAS_EXPIRED/);
    expect(await dial(past, 4)).toMatch(/^CERTIFICATE_EXPIRED .*CERT_HAS_EXPIRED/);
    // Its authority's own certificate in place of a server's.
    const { certPath, keyPath, pem } = authority.issued;
    const self = await serve({ certPath, keyPath, pem });
    expect(await dial(self, -1)).toMatch(/^CENTRE_UNTRUSTED/);
    expect(await dial(self, 4)).toMatch(/^CENTRE_UNTRUSTED/);
    expect(received).toEqual([]);
  });

  it("looks at signatures, not at names alone", () => {
    const [leaf, forged] = [authority, stranger].map((by) => {
      return new X509Certificate(by.server({ name: `leaf-${serial++}`, start: inYears(3), end: inYears(8) }).pem);
    });
    const claim = { authority: new X509Certificate(authority.issued.pem), host: "127.0.0.1", floorMs: msInYears(4) };
    // Both authorities bear the same name.
    expect(forged?.issuer).toBe(leaf?.issuer);
    expect(leaf && certificateFault({ ...claim, leaf })).toBeUndefined();
    expect(forged && certificateFault({ ...claim, leaf: forged })).toMatchObject({
      expired: false,
      reason: "not issued by the pinned authority",
    });
  });

  it("tells an unreachable centre from a false one", async () => {
    const port = await certified({});
    servers.pop()?.close();
    expect(await dial(port, -1)).toMatch(/^CENTRE_UNREACHABLE .*ECONNREFUSED/);
  });
});
