import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CameraPasswords } from "./camera-passwords.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mc-passwords-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (): string => readFileSync(join(folder, "camera-passwords.json"), "utf8");

describe("passwords of cameras", () => {
  it("are there again after a restart, and nowhere in clear", async () => {
    const passwords = await CameraPasswords.open(folder);
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 8, unit: "grapheme" }), async (password) => {
        await passwords.set("camera-1", password);
        expect((await CameraPasswords.open(folder)).get("camera-1")).toBe(password);
        expect(file()).not.toContain(password);
        expect(file()).not.toContain(Buffer.from(password).toString("base64"));
      }),
      { numRuns: 20 },
    );
    for (const name of ["camera-passwords.json", "camera-passwords.key"]) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
  });

  it("are different each time they are sealed, and cannot be moved to another camera", async () => {
    const passwords = await CameraPasswords.open(folder);
    await passwords.set("camera-1", "S3cret-of-one");
    const first = file();
    await passwords.set("camera-1", "S3cret-of-one");
    expect(file()).not.toBe(first);
    writeFileSync(join(folder, "camera-passwords.json"), file().replace("camera-1", "camera-2"));
    const moved = await CameraPasswords.open(folder);
    expect(() => moved.get("camera-2")).toThrow(expect.objectContaining({ code: "CAMERA_PASSWORDS_DAMAGED" }));
  });

  it("name what is wrong when the key or the file is not what it was", async () => {
    const passwords = await CameraPasswords.open(folder);
    await passwords.set("camera-1", "one");
    await passwords.set("camera-2", "two");
    expect(await passwords.remove("camera-2")).toBe(true);
    expect(await passwords.remove("camera-2")).toBe(false);
    expect((await CameraPasswords.open(folder)).list()).toEqual(["camera-1"]);
    const damaged = { code: "CAMERA_PASSWORDS_DAMAGED" };
    writeFileSync(join(folder, "camera-passwords.key"), "short");
    await expect(CameraPasswords.open(folder)).rejects.toMatchObject(damaged);
    rmSync(join(folder, "camera-passwords.key"));
    await expect(CameraPasswords.open(folder)).rejects.toMatchObject(damaged);
  });
});
