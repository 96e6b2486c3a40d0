import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeTimeLibrary, needs } from "../../device-sims/src/harness/requirements.ts";
import { type RunningProgram, startProgram } from "../../device-sims/src/harness/running-program.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import { generateSigningKey, signerFromPem } from "../src/crypto/signing-key.ts";
import { writeDurably } from "../src/disk/durable-file.ts";
import { prepareDirectory } from "../src/enrol/enrolment-key.ts";
import { keyFileName, saveEnrolment } from "../src/identity/enrolment-file.ts";
import { identityDirectory } from "../src/identity/identity.ts";
import { TestAuthority } from "./harness/authority.ts";
import { Mosquitto } from "./harness/mosquitto.ts";
import { centrePassword, TestCentre } from "./harness/test-centre.ts";
import { temporaryDirectory } from "./harness/test-gateway.ts";

const tools = needs("mosquitto", "openssl");
const withFakeTime = needs("mosquitto", "openssl", "libfaketime");
const entry = fileURLToPath(new URL("harness/uplink-entry.ts", import.meta.url));
const credential = "c".repeat(64);

describe.skipIf(tools.skip)(tools.title("uplink as a process"), () => {
  let base: Awaited<ReturnType<typeof temporaryDirectory>>;
  let authority: TestAuthority;
  let broker: Mosquitto;

  beforeAll(async () => {
    base = await temporaryDirectory();
    authority = new TestAuthority(`${base.dir}/ca`);
    const users = { "gw-killed": credential, "gw-1970": credential, centre: centrePassword };
    broker = await Mosquitto.start(base.dir, authority.server({ name: "broker" }), users);
  });

  afterAll(async () => {
    await broker.kill();
    await base.remove();
  });

  /** Writes what an enrolment would have left, and knows the key at a centre of its own. */
  const enrolled = async (gw: string): Promise<{ centre: TestCentre; data: string }> => {
    const data = `${base.dir}/${gw}`;
    const directory = identityDirectory(data);
    await prepareDirectory(directory);
    const pem = generateSigningKey();
    const signer = signerFromPem(pem);
    const centre = new TestCentre();
    centre.know(gw, signer);
    const keyFile = keyFileName(signer.kid);
    await writeDurably(`${directory}/${keyFile}`, pem);
    const key = Buffer.from(centre.receipts.publicKey).toString("hex");
    await saveEnrolment(directory, {
      ...{ v: 1, gw, credential, mqtt: { host: "127.0.0.1", port: broker.port } },
      ...{ receiptKey: key, commandKey: key, manifestKey: key, caPem: authority.issued.pem },
      ...{ centreName: "test", site: "test", at: "2026-11-25T00:00:00.000Z", kid: signer.kid, keyFile },
    });
    await centre.connect(broker.port, authority.issued.pem, gw);
    return { centre, data };
  };

  const start = (data: string, env: Record<string, string> = {}): RunningProgram =>
    startProgram({
      name: "uplink",
      command: process.execPath,
      args: ["--conditions=@mingcheng/source", "--import", "tsx", entry, data, "20"],
      env,
    });

  const lines = (program: RunningProgram): Record<string, unknown>[] =>
    program
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line));

  const drained = (program: RunningProgram) =>
    until(() => lines(program).find((line) => line["drained"] === true), {
      what: "everything receipted",
      withinMs: 30_000,
      detail: () => program.output(),
    });

  it("leaves its signed will when it is killed", async () => {
    const { centre, data } = await enrolled("gw-killed");
    const program = start(data);
    await drained(program);
    await program.kill();
    await centre.when(() => centre.states.some(({ online }) => !online));
    const [birth, will] = [centre.states[0], centre.states.at(-1)];
    expect(will).toMatchObject({ online: false, line: birth?.line });
    expect(centre.faults).toEqual([]);
    expect(centre.stored("gw-killed")).toEqual({ records: 21, whole: true });
    await centre.disconnect();
  });

  it.skipIf(withFakeTime.skip)(withFakeTime.title("comes up in 1970 and takes the time from a receipt"), async () => {
    const { centre, data } = await enrolled("gw-1970");
    const library = fakeTimeLibrary() ?? "";
    const program = start(data, {
      LD_PRELOAD: library,
      FAKETIME: "@1970-01-01 08:00:00",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    });
    const done = await drained(program);
    const [first, opening] = lines(program);
    await program.kill();
    const wall = expect.stringMatching(/^19(69|70)-/);
    expect(first).toMatchObject({ isBehind: true, time: { wall, sync: "none", err_ms: null } });
    expect(opening).toMatchObject({ clock: { cause: "start", sync: "none" } });
    const time = done["time"] as { wall: string; sync: string; err_ms: number };
    expect(time.sync).toBe("receipt");
    expect(Math.abs(Date.parse(time.wall) - Date.now())).toBeLessThan(60_000);
    // The system clock still stands in 1970: the next connection needs the same leniency.
    expect(done["isBehind"]).toBe(true);
    expect(lines(program).some((line) => (line["clock"] as { cause?: string } | undefined)?.cause === "receipt")).toBe(
      true,
    );
    expect(centre.stored("gw-1970")).toEqual({ records: 21, whole: true });
    const known = JSON.parse(await readFile(`${data}/clock.json`, "utf8"));
    expect(Math.abs(Date.parse(known.lastReceiptAt) - Date.now())).toBeLessThan(60_000);
    await centre.disconnect();
  });
});
