import { describe, expect, it } from "vitest";
import { LoginGuard, loginLimits } from "./login-guard.ts";
import { hashSecret, newSecret, plainSecret, sameHex } from "./secret.ts";

describe("the guard against guessing", () => {
  it("locks an address after five failures, twice as long each time, fifteen minutes at most", () => {
    let nowMs = 0;
    const guard = new LoginGuard(loginLimits, () => nowMs);
    const locks: number[] = [];
    for (let lock = 0; lock < 6; lock++) {
      for (let failure = 0; failure < 5; failure++) {
        expect(guard.lockedForMs("a")).toBe(0);
        guard.failed("a");
      }
      locks.push(guard.lockedForMs("a"));
      expect(guard.lockedForMs("b")).toBe(0);
      nowMs += guard.lockedForMs("a");
    }
    expect(locks).toEqual([60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
  });

  it("forgets failures that lie far apart, and all of them after a success", () => {
    let nowMs = 0;
    const guard = new LoginGuard(loginLimits, () => nowMs);
    for (let failure = 0; failure < 20; failure++) {
      guard.failed("a");
      nowMs += loginLimits.withinMs + 1;
    }
    expect(guard.lockedForMs("a")).toBe(0);
    for (let failure = 0; failure < 4; failure++) guard.failed("a");
    guard.succeeded("a");
    guard.failed("a");
    expect([guard.lockedForMs("a"), guard.locked()]).toEqual([0, 0]);
  });

  it("remembers so many addresses and no more", () => {
    const guard = new LoginGuard(loginLimits, () => 0);
    for (let address = 0; address < 5_000; address++) {
      for (let failure = 0; failure < 5; failure++) guard.failed(`10.0.${address >> 8}.${address & 255}`);
    }
    expect(guard.locked()).toBe(1_000);
  });
});

describe("secrets", () => {
  it("have 120 bits, can be typed in any case, and are stored as a slow digest", async () => {
    const secret = newSecret();
    expect(secret).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(newSecret()).not.toBe(secret);
    expect(plainSecret(` ${secret.toLowerCase().replaceAll("-", "")} `)).toBe(secret.replaceAll("-", ""));
    const hash = await hashSecret(secret, "00ff");
    expect(sameHex(hash, await hashSecret(secret.toLowerCase(), "00ff"))).toBe(true);
    expect(sameHex(hash, await hashSecret(secret, "00fe"))).toBe(false);
    expect(sameHex(hash, "")).toBe(false);
  });
});
