import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyIdOf, readKeyLog } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { enrolDirectory } from "../../test/enrolled-directory.ts";
import { TestClock } from "../../test/test-clock.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { lockDirectory } from "../outbox/directory-lock.ts";
import { identityDirectory, loadIdentity } from "./identity.ts";
import { keyLogPath } from "./key-log-file.ts";
import { watchKeys } from "./key-watch.ts";
import { rotateKey } from "./rotate-key.ts";

const nowMs = Date.parse("2026-11-25T01:30:00Z");
const gw = "market-songbai";

describe("rotating the sealing key", () => {
  let data: string;
  let enrolled: Uint8Array;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "mingcheng-keys-"));
    enrolled = await enrolDirectory(data, gw);
  });
  afterEach(() => rm(data, { recursive: true, force: true }));

  const knowing = (publicKey: Uint8Array) => (kid: string) =>
    kid === keyIdOf(nodeCrypto.sha256, publicKey) ? { publicKey, revokedFrom: null } : undefined;
  const keyFiles = async () => (await readdir(identityDirectory(data))).filter((name) => name.startsWith("signing-"));

  it("hands over to a key that whoever knows the enrolled one can follow, however often", async () => {
    const kids = [(await loadIdentity(data)).signer.kid];
    for (let times = 0; times < 3; times++) {
      const { from, to } = await rotateKey(data, nowMs);
      expect(from).toBe(kids.at(-1));
      kids.push(to);
    }
    const { signer } = await loadIdentity(data);
    expect(signer.kid).toBe(kids.at(-1));
    const { added, fault } = readKeyLog(nodeCrypto, gw, signer.log, knowing(enrolled));
    expect(fault).toBeNull();
    expect(added.map(({ kid }) => kid)).toEqual(kids.slice(1));
    expect(await keyFiles()).toHaveLength(2);
    expect((await stat(keyLogPath(identityDirectory(data)))).mode & 0o777).toBe(0o600);
  });

  it("goes on with the old key when a worn card forgets the newest statement", async () => {
    const before = await rotateKey(data, nowMs);
    const kept = await readFile(keyLogPath(identityDirectory(data)));
    await rotateKey(data, nowMs);
    await writeFile(keyLogPath(identityDirectory(data)), kept);
    expect((await loadIdentity(data)).signer.kid).toBe(before.to);
  });

  it("refuses a second command, and a key log that is torn", async () => {
    const unlock = await lockDirectory(identityDirectory(data));
    await expect(rotateKey(data, nowMs)).rejects.toMatchObject({ code: "IDENTITY_BUSY" });
    await unlock();
    const { from } = await rotateKey(data, nowMs);
    await writeFile(keyLogPath(identityDirectory(data)), "{}\n");
    await expect(loadIdentity(data)).rejects.toMatchObject({ code: "IDENTITY_DAMAGED" });
    await expect(rotateKey(data, nowMs)).rejects.toMatchObject({ code: "IDENTITY_DAMAGED" });
    expect(from).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is taken over by the running gateway, which goes on with its key when it cannot be", async () => {
    const { signer: keys } = await loadIdentity(data);
    const clock = new TestClock();
    const said: string[] = [];
    const log = { info: () => undefined, error: (_detail: object, message: string) => said.push(message) };
    const end = watchKeys({ directory: identityDirectory(data), keys, clock, log });
    const rotated = new Promise<void>((resolve) => keys.onRotated(resolve));
    const { to } = await rotateKey(data, nowMs);
    clock.advance(2_000);
    await rotated;
    expect(keys.kid).toBe(to);
    expect(keys.log).toEqual(new Uint8Array(await readFile(keyLogPath(identityDirectory(data)))));
    await writeFile(keyLogPath(identityDirectory(data)), "torn");
    while (said.length === 0) {
      // As long as a look of the watch takes: it plans the next one only behind it.
      await stat(data);
      clock.advance(2_000);
    }
    expect(said).toEqual(["identity: the new key cannot be used"]);
    expect(keys.kid).toBe(to);
    end();
  });
});
