import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiError, SetupChange, SetupPort, SetupState } from "@mingcheng/protocols";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../../device-sims/src/harness/until.ts";
import { Gateway } from "../../src/app.ts";
import { readGatewayConfig } from "../../src/config/load-config.ts";
import { SetupCode } from "../../src/web/setup-code.ts";
import { enrolDirectory } from "../enrolled-directory.ts";
import { type CarriedAdapter, openUsbSockets } from "../harness/usb-sockets.ts";

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A gateway with one scale behind an adapter without a serial number, and a page that is open. */
const openMarket = async () => {
  const data = await mkdtemp(join(tmpdir(), "mingcheng-moved-"));
  endings.push(() => rm(data, { recursive: true, force: true }));
  await enrolDirectory(data, "market-songbai");
  const sockets = openUsbSockets();
  endings.push(() => sockets.close());
  const adapter: CarriedAdapter = { voice: "1.25kg", serialNumber: null };
  await sockets.plug(adapter, "1");
  const file = join(data, "gateway.yaml");
  const devices = `devices:\n  # 一号摊\n  - id: scale-a\n    protocol: line\n    address: ${sockets.byPath("1")}\n`;
  await writeFile(file, `data: ${data}\nlog: {level: error}\nhealth: {port: 0}\nweb: {port: 0}\n${devices}`);
  const read = await readGatewayConfig(file);
  if (!("config" in read)) throw new Error(JSON.stringify(read.issues));
  const written = { local: read, version: 0, file };
  const gateway = await Gateway.open(read.config, () => pino({ level: "silent" }), sockets.places, written);
  endings.push(() => gateway.stop());
  const url = (await gateway.start())?.web ?? "";
  const json = { "content-type": "application/json" };
  const entered = await fetch(`${url}/setup/session`, {
    ...{ method: "POST", headers: json },
    body: JSON.stringify({ code: await new SetupCode(data, Date.now).make() }),
  });
  const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`, { headers: { cookie } })).json();
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const headers = { ...json, cookie };
    return (await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  const state = async (): Promise<SetupState> => (await get("/setup/state")) as SetupState;
  /** Lets the scale speak until a device hears it; who that is. */
  const hears = (id: (known: string) => boolean): Promise<string> =>
    until(
      async () => {
        const before = new Map((await state()).devices.map((device) => [device.id, device.frames]));
        await sockets.speak(adapter);
        const after = (await state()).devices;
        return after.find((device) => id(device.id) && device.frames > (before.get(device.id) ?? 0))?.id;
      },
      { what: "a device hears the scale", withinMs: 20_000, everyMs: 100 },
    );
  return { sockets, adapter, file, get, post, state, hears };
};

describe("an adapter that was moved", () => {
  it("is shown as unidentified and becomes the device again when somebody confirms it on the page", async () => {
    const { sockets, adapter, file, get, post, state, hears } = await openMarket();
    expect(await hears((id) => id === "scale-a")).toBe("scale-a");
    const { ports } = (await get("/setup/ports")) as { ports: SetupPort[] };
    expect(ports).toMatchObject([{ boundBy: "socket", device: "scale-a", serialNumber: null }]);

    await sockets.unplug(adapter);
    await sockets.plug(adapter, "2");
    const stray = await hears((id) => id.startsWith("unidentified."));
    const shown = (await state()).devices.find(({ id }) => id === stray);
    expect(shown?.unidentified).toEqual({ path: sockets.byPath("2"), mayBe: ["scale-a"] });

    const wrong = (await post("/setup/devices/confirm", {
      unidentified: "unidentified.x",
      device: "scale-a",
    })) as ApiError;
    expect(wrong.error.code).toBe("NOT_FOUND");
    const change = (await post("/setup/devices/confirm", { unidentified: stray, device: "scale-a" })) as SetupChange;
    expect(change).toMatchObject({ device: "scale-a", applied: true });
    expect(await readFile(file, "utf8")).toContain(
      `# 一号摊\n  - id: scale-a\n    protocol: line\n    address: ${sockets.byPath("2")}`,
    );
    expect(await readFile(change.previous, "utf8")).toContain(sockets.byPath("1"));
    expect(await hears((id) => id === "scale-a")).toBe("scale-a");
    expect((await state()).devices.map(({ id }) => id)).toEqual(["scale-a"]);
  }, 60_000);
});
