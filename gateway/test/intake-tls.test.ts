import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { TestAuthority } from "./harness/authority.ts";
import { type IntakeBench, openIntakeBench } from "./intake-bench.ts";
import { cleanUp } from "./outbox/test-outbox.ts";

const tools = needs("openssl");
const dir = mkdtempSync(join(tmpdir(), "mingcheng-intake-tls-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let bench: IntakeBench;
afterEach(async () => {
  await bench.close();
  await cleanUp();
});

describe.skipIf(tools.skip)(tools.title("the intake over TLS"), () => {
  let authority: TestAuthority;
  let intake: Readonly<Record<string, unknown>>;
  beforeAll(() => {
    authority = new TestAuthority(join(dir, "ca"));
    const { certPath, keyPath } = authority.server({ name: "intake" });
    chmodSync(keyPath, 0o600);
    intake = {
      tls: { certFile: certPath, keyFile: keyPath },
      listeners: ["https", "mqtts"].map((protocol) => ({ protocol, host: "127.0.0.1", port: 0 })),
      devices: [{ id: "scale-1", kind: "smart-scale" }],
    };
  });

  const weighing = JSON.stringify({ id: "w1", weight: "1.5", unit: "斤" });

  it("takes messages over HTTPS and MQTTS, of devices that may not use plain text", async () => {
    bench = await openIntakeBench({ intake });
    const secret = await bench.addDevice("scale-1");
    const { pem: ca } = authority.issued;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { method: "POST", ca, auth: `scale-1:${secret}`, agent: false as const };
      const sent = request(`${bench.url("https")}/intake/v1/weighings`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on("error", reject).end(weighing);
    });
    expect(status).toBe(201);
    const client = await connectAsync(
      bench.url("mqtts"),
      { ca, protocolVersion: 4, clientId: "scale-1", username: "scale-1", password: secret, reconnectPeriod: 0 },
      false,
    );
    await client.publishAsync("intake/v1/scale-1/weighings", weighing, { qos: 1 });
    await client.endAsync(true);
    expect(await bench.records("weighing")).toHaveLength(1);
    expect(bench.intake.status()).toMatchObject({ captured: 1, repeated: 1 });
    expect(bench.intake.status().listeners.map(({ insecureTransport }) => insecureTransport)).toEqual([false, false]);
  });

  it("does not use a key that others can read, and says so", async () => {
    const { certPath, keyPath } = authority.server({ name: "careless" });
    chmodSync(keyPath, 0o644);
    bench = await openIntakeBench({ intake: { ...intake, tls: { certFile: certPath, keyFile: keyPath } } });
    expect(bench.intake.addresses()).toEqual([]);
    expect(bench.intake.status().listeners.map(({ error }) => error?.code)).toEqual(["KEY_INVALID", "KEY_INVALID"]);
    expect(bench.intake.devices()).toHaveLength(1);
  });
});
