import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { appendMany, cleanUp, freshDirectory, openTest } from "./test-outbox.ts";

afterEach(cleanUp);

/** An outbox as a program of the next layout would leave it, all checksums right. */
const raise = {
  segments: (dir: string): void => {
    for (const name of readdirSync(dir).filter((entry) => entry.endsWith(".seg"))) {
      const bytes = readFileSync(join(dir, name));
      bytes.writeUInt32BE(2, 12);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 128)), 8);
      writeFileSync(join(dir, name), bytes);
    }
  },
  state: (dir: string): void => {
    for (const name of ["state.json", "state.copy.json"]) {
      const [json = ""] = readFileSync(join(dir, name), "utf8").split("\n");
      const next = JSON.stringify({ ...(JSON.parse(json) as object), v: 2, further: true });
      const sha256 = createHash("sha256").update(next).digest("hex");
      writeFileSync(join(dir, name), `${next}\n{"sha256":"${sha256}"}\n`);
    }
  },
};

const contents = (dir: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(dir)
      .filter((name) => !name.includes("lock"))
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(dir, name)))
          .digest("hex"),
      ]),
  );

describe("an outbox of a later layout", () => {
  it.each(["segments", "state"] as const)("(%s) is refused by name, and nothing in it is changed", async (what) => {
    const dir = freshDirectory();
    const outbox = await openTest(dir);
    await appendMany(outbox, 20);
    await outbox.close();
    raise[what](dir);
    const before = contents(dir);
    expect(before.size).toBeGreaterThan(2);
    await expect(openTest(dir)).rejects.toMatchObject({ code: "OUTBOX_TOO_NEW", retryable: false });
    expect(contents(dir)).toEqual(before);
  });
});
