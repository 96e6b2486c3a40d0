import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeviceEntry, OwnConfiguration } from "../../src/web/own-configuration.ts";

const written = `# 松柏市场 一号网关
log: {level: warn} # 少写日志
devices:
  # 进门第一台
  - id: scale-a01
    protocol: yaohua-a9
    address: /dev/serial/by-id/usb-A
    options:
      unit: kg # 公斤
`;
const serial = { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 } as const;
const found: DeviceEntry = { id: "scale-2", protocol: "mt-continuous", address: "/dev/ttyUSB1", serial, options: {} };

let dir: string;
let path: string;
let own: OwnConfiguration;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mingcheng-own-"));
  path = join(dir, "gateway.yaml");
  await writeFile(path, written);
  await chmod(path, 0o640);
  own = new OwnConfiguration(path);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const text = (): Promise<string> => readFile(path, "utf8");

describe("the gateway's own configuration", () => {
  it("takes a device; comments, order and mode stay, the file before is kept", async () => {
    const { read, previous } = await own.putDevice(found, false);
    expect(read.config.devices.map(({ id, serial: line }) => [id, line.parity])).toEqual([
      ["scale-a01", "none"],
      ["scale-2", "even"],
    ]);
    const now = await text();
    for (const kept of ["# 松柏市场 一号网关", "# 少写日志", "# 进门第一台", "# 公斤"]) expect(now).toContain(kept);
    expect(now.indexOf("scale-a01")).toBeLessThan(now.indexOf("scale-2"));
    expect(await readFile(previous, "utf8")).toBe(written);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await readdir(dir)).sort()).toEqual(["gateway.yaml", "gateway.yaml.previous"]);
  });

  it("takes several at once, one after the other", async () => {
    await Promise.all(["b", "c", "d"].map((id) => own.putDevice({ ...found, id, address: `/dev/tty-${id}` }, false)));
    const { read } = await own.moveDevice("c", "/dev/tty-moved");
    expect(read.config.devices.map(({ id }) => id)).toEqual(["scale-a01", "b", "c", "d"]);
    expect(read.config.devices[2]?.address).toBe("/dev/tty-moved");
  });

  it("replaces an entry and keeps what somebody set, unless it is another family", async () => {
    const entry = { ...found, id: "scale-a01", protocol: "yaohua-a9", options: { unit: "jin" } };
    const kept = await own.putDevice(entry, true);
    expect(kept.read.config.devices).toMatchObject([
      { id: "scale-a01", address: "/dev/ttyUSB1", options: { unit: "kg" } },
    ]);
    const other = await own.putDevice({ ...found, id: "scale-a01" }, true);
    expect(other.read.config.devices.map(({ driver }) => driver.protocol)).toEqual(["mt-continuous"]);
    expect(await text()).not.toContain("unit");
  });

  it.each([
    ["an id that is taken", { ...found, id: "scale-a01" }],
    ["an address that is taken", { ...found, address: "/dev/serial/by-id/usb-A" }],
    ["an option that does not exist", { ...found, options: { nonsense: 1 } }],
    ["an option that is missing", { ...found, protocol: "yaohua-a9" }],
    ["an id that is kept for strays", { ...found, id: "unidentified.x" }],
  ])("refuses %s and writes nothing", async (_what, entry) => {
    await expect(own.putDevice(entry, false)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await text()).toBe(written);
    expect(await readdir(dir)).toEqual(["gateway.yaml"]);
  });

  it("says so when the file cannot be read or a device is not there", async () => {
    await expect(own.moveDevice("nobody", "/dev/x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const missing = new OwnConfiguration(join(dir, "missing.yaml"));
    await expect(missing.putDevice(found, false)).rejects.toMatchObject({ code: "SETUP_FILE_UNWRITABLE" });
  });

  it("begins with a file that has no devices, and one that is JSON", async () => {
    await writeFile(path, "");
    expect((await own.putDevice(found, false)).read.config.devices).toHaveLength(1);
    await writeFile(path, JSON.stringify({ log: { level: "warn" }, devices: [] }));
    expect((await own.putDevice(found, false)).read.config).toMatchObject({ log: { level: "warn" } });
  });
});
