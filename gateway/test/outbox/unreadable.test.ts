import { afterEach, describe, expect, it } from "vitest";
import { FaultyFiles } from "./faulty-files.ts";
import { appendMany, cleanUp, freshDirectory, once, openTest, readAll } from "./test-outbox.ts";

afterEach(cleanUp);

describe("files that cannot be read", () => {
  const prepared = async (): Promise<string> => {
    const dir = freshDirectory();
    const outbox = await openTest(dir);
    await appendMany(outbox, 400, 800, 20);
    await outbox.close();
    return dir;
  };

  it.each(["state.json", "state.copy.json"])("%s: the other copy says all that is needed", async (name) => {
    const dir = await prepared();
    const files = new FaultyFiles();
    files.onOperation = ({ name: operation, path }) =>
      operation === "read" && path.endsWith(name) ? "EIO" : undefined;
    const outbox = await openTest(dir, { files });
    expect(outbox.opening).toMatchObject({ losses: [], reason: "salvage" });
    expect(outbox.line.ep).toBe(2);
  });

  it("a whole segment: the start names exactly its records as lost and serves all others", async () => {
    const dir = await prepared();
    const files = new FaultyFiles();
    files.onOperation = ({ path }) => (path.endsWith("0000000002.seg") ? "EUCLEAN" : undefined);
    const outbox = await openTest(dir, { files });
    const [loss, ...others] = outbox.opening.losses;
    expect(others).toEqual([]);
    expect(loss).toMatchObject({ line: { ep: 1 }, reason: "damaged" });
    const size = (loss?.to ?? 0) - (loss?.from ?? 0) + 1;
    expect(size).toBeGreaterThan(50);
    expect((await readAll(outbox)).size).toBe(402 - size);
  });

  it("a place in a segment found by a read: told as a loss, everything around it is served", async () => {
    const files = new FaultyFiles();
    const outbox = await openTest(freshDirectory(), { files });
    await appendMany(outbox, 400, 800, 20);
    files.onOperation = ({ name, path, position = 0, length = 0 }) => {
      const hits =
        name === "read" && path.endsWith("0000000001.seg") && position <= 20_000 && position + length > 20_000;
      return hits ? "EIO" : undefined;
    };
    const told = once(outbox.onLoss.bind(outbox));
    const wanted = { maxRecords: 400, maxBytes: 1e6 };
    // The records before the bad place come first; then reading stops at it, and it is known what is lost.
    const before = await outbox.read(outbox.line, 2, 400, wanted);
    await expect(outbox.read(outbox.line, before.last + 1, 400, wanted)).rejects.toMatchObject({
      code: "OUTBOX_DAMAGED",
    });
    const loss = await told;
    expect(loss.from).toBe(before.last + 1);
    const behind = await outbox.read(outbox.line, (loss.to ?? 0) + 1, 400, { maxRecords: 1, maxBytes: 1 });
    expect(behind.first).toBe((loss.to ?? 0) + 1);
  });
});
