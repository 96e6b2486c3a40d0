import { describe, expect, it } from "vitest";
import { type FileWatch, watchFiles } from "./watch-files.ts";

/** A watch of one text, which must be a number; resolves with what was said first. */
const watched = (loaded: string, read: () => Promise<string>) => {
  let watch: FileWatch | undefined;
  const invalid: unknown[] = [];
  const said = new Promise<readonly [string, unknown]>((resolve) => {
    watch = watchFiles({
      ...{ loaded, read, called: "figures", figure: { name: "valid", help: "" } },
      parse: (text) => {
        const number = Number(text);
        if (Number.isNaN(number)) throw new Error(`${text} is no number`);
        return number;
      },
      onChange: (number) => resolve(["changed", number]),
      onInvalid: (error) => invalid.push(error),
      log: { info: () => undefined, error: (...args: unknown[]) => resolve(["error", args[1]]) },
    });
  });
  return { said, invalid, value: () => watch?.figure().value, close: () => watch?.close() };
};

describe("files that are watched", () => {
  it("count when they changed while the centre was starting", async () => {
    const { said, value, close } = watched("1", async () => "2");
    expect(await said).toEqual(["changed", 2]);
    close();
    expect(value()).toBe(1);
  });

  it.each([
    ["say nothing valid", async () => "two"],
    ["cannot be read", () => Promise.reject(new Error("EACCES"))],
  ])("leave what was before in force when they %s", async (_, read) => {
    const { said, invalid, value, close } = watched("1", read);
    expect(await said).toEqual(["error", "the figures on disk are not valid: those from before stay in force"]);
    expect(invalid).toHaveLength(1);
    close();
    expect(value()).toBe(0);
  });
});
