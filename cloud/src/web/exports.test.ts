import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeRecord, encodeRecord, toHex, utf8 } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, call } from "../../test/https-client.ts";
import { sampleRecord, trustedTime } from "../../test/memory-ledger.ts";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties } from "../../test/two-counties.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { PlaceFinder } from "../register/attribution/place-finder.ts";
import { GatewayRegister } from "../register/gateway-register.ts";

const signer = newSigner();
let web: TestedWeb;
let bench: WriterBench;

/** The device that the first record of a line is of, here. */
const epoch = "scale-01";

/** A sealed line of a gateway with records of several devices, and one of the gateway itself. */
const fill = (gw: string, digit: string, devices: readonly string[]): void => {
  const line = new SealedLine({ gw, ep: 1, eid: digit.repeat(32) }, signer);
  for (const dev of [...devices, gw]) {
    const { gw: of, ep, eid } = line.line;
    const rest = { gw: of, ep, eid, seq: line.head + 1, dev, t: trustedTime(web.nowMs) };
    line.push(encodeRecord(sampleRecord({ kind: dev === gw ? "clock" : "weighing", body: { said: dev }, ...rest })));
  }
  bench.take(bench.batch(gw, line.batch(1, line.head)));
  const { register } = web.centre;
  const registered = new GatewayRegister(register);
  const { secret } = registered.addCode(gw, gw, web.nowMs);
  registered.enrol(gw, secret, toHex(signer.publicKey), web.nowMs);
};

beforeEach(async () => {
  web = await startTwoCounties();
  bench = new WriterBench(join(web.centre.directory, "ledger.db"));
  bench.keys.set(signer.kid, signer);
  // One gateway serves both counties; the other only the stranger's.
  changeRegister(web, [
    ["devices", { gw: "market-a", dev: "scale-z", class: "scale" }],
    ["placements", { gw: "market-a", dev: "scale-z", site: "zhongpu" }],
  ]);
  fill("market-a", "a", ["scale-01", "scale-z", "tester-1", "unplaced"]);
  fill("market-z", "b", ["scale-01"]);
});
afterEach(async () => {
  vi.restoreAllMocks();
  bench.database.close();
  await web.close();
});

const ask = (body: object, cookie: string | undefined): Promise<Answer> =>
  call(web.target, "/api/v1/exports", { method: "POST", body, cookie });

const shown = (text: string): string[] =>
  text.split("\n").flatMap((line) => {
    const decoded = line.startsWith("R ") ? decodeRecord(utf8(line.slice(2))) : undefined;
    return decoded?.ok === true ? [decoded.record.dev] : [];
  });

const verified = async (answer: Answer) => {
  const path = join(web.centre.directory, "answer.mcx");
  writeFileSync(path, answer.text);
  const { manifest } = await loadSigners(web.centre.directory);
  const report = await verifyEvidence(path, { gateway: signer.publicKey, centre: manifest.publicKey });
  rmSync(path);
  return report;
};

describe("evidence over the API", () => {
  it("is the whole gateway for the whole centre, verifies, is noted, and leaves nothing behind", async () => {
    const answer = await ask({ gateway: "market-a" }, await web.signIn("user-aud"));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-disposition": 'attachment; filename="market-a.mcx"',
      "cache-control": "no-store",
      "x-mingcheng-records": "6",
      "x-mingcheng-withheld": "0",
    });
    expect(shown(answer.text)).toEqual([epoch, "scale-01", "scale-z", "tester-1", "unplaced", "market-a"]);
    expect(await verified(answer)).toMatchObject({ ok: true, records: 6, withheld: 0 });
    await vi.waitFor(() => expect(readdirSync(join(web.centre.directory, "exports"))).toEqual([]));
    const audit = await call(web.target, "/api/v1/audit?action=evidence.exported", {
      cookie: await web.signIn("user-aud"),
    });
    expect(audit.json.entries).toMatchObject([{ entry: { actor: "user-aud", subject: "gateway:market-a" } }]);
  });

  it("shows a county its own records; the rest is in it by digest, and it verifies all the same", async () => {
    const answer = await ask({ gateway: "market-a" }, await signInAs(web, "auditor", { areas: ["siming"] }));
    expect(shown(answer.text)).toEqual([epoch, "scale-01", "tester-1"]);
    expect(answer.text).not.toContain("scale-z");
    expect(await verified(answer)).toMatchObject({ ok: true, records: 3, withheld: 3 });
    // Once it is known where the gateway itself stands, what it says of itself is shown, too.
    changeRegister(web, [
      ["devices", { gw: "market-a", dev: "market-a", class: "gateway" }],
      ["placements", { gw: "market-a", dev: "market-a", site: "songbai" }],
    ]);
    const placed = await ask({ gateway: "market-a" }, await web.signIn("auditor-of-siming"));
    expect(shown(placed.text)).toEqual([epoch, "scale-01", "tester-1", "market-a"]);
    const device = await ask(
      { gateway: "market-a", devices: ["scale-01", "scale-z"] },
      await web.signIn("auditor-of-siming"),
    );
    expect(shown(device.text)).toEqual([epoch, "scale-01", "market-a"]);
    expect(await verified(device)).toMatchObject({ ok: true });
  });

  it("would show another county's records if nobody filtered", async () => {
    vi.spyOn(PlaceFinder.prototype, "sees").mockReturnValue(true);
    const answer = await ask({ gateway: "market-a" }, await signInAs(web, "auditor", { areas: ["siming"] }));
    expect(shown(answer.text)).toContain("scale-z");
  });

  it("of a site has the records of that site", async () => {
    const answer = await ask({ gateway: "market-a", site: "zhongpu" }, await web.signIn("user-cen"));
    expect(answer.text).toContain("scale-z");
    expect((await verified(answer)).manifest?.asked).toMatchObject({ site: "zhongpu" });
  });

  it("is refused alike for gateways and sites of others and for such as nobody has", async () => {
    const cookie = await signInAs(web, "centre", { areas: ["siming"] });
    const told = async (body: object) => {
      const { status, text } = await ask(body, cookie);
      return [status, text];
    };
    const foreign = await told({ gateway: "market-z" });
    expect(foreign[0]).toBe(404);
    expect(foreign).toEqual(await told({ gateway: "market-unknown" }));
    const site = await told({ gateway: "market-a", site: "zhongpu" });
    expect(site[0]).toBe(404);
    expect(site).toEqual(await told({ gateway: "market-a", site: "unknown" }));
    for (const user of ["user-ope", "user-ins"]) {
      expect((await ask({ gateway: "market-a" }, await web.signIn(user))).json.error.code).toBe("ACCESS_DENIED");
    }
    expect((await ask({ gateway: "market-a" }, undefined)).json.error.code).toBe("SESSION_MISSING");
    expect((await ask({ gateway: "market-a", color: "red" }, cookie)).json.error.code).toBe("INPUT_INVALID");
  });
});
