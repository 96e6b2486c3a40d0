import { toHex } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { newSigner } from "../../test/sealed-line.ts";
import { Database } from "../store/sqlite-engine.ts";
import { createCredentialCheck } from "./credential-check.ts";
import { codeValidMs, GatewayRegister } from "./gateway-register.ts";
import { registerMigrations } from "./register-database.ts";

const nowMs = Date.parse("2026-11-24T02:00:00Z");
const keyHex = toHex(newSigner().publicKey);
const otherHex = toHex(newSigner().publicKey);

const setUp = () => {
  const database = new Database(":memory:");
  for (const migration of registerMigrations) migration(database);
  return { database, register: new GatewayRegister(database), check: createCredentialCheck(database) };
};

describe("the gateway register", () => {
  it("enrols with a code once, and lets the gateway in with its credential", () => {
    const { register, check } = setUp();
    const { secret, expiresAt } = register.addCode("market-a", "Songbai market", nowMs);
    expect(Date.parse(expiresAt) - nowMs).toBe(codeValidMs);
    const { credential, site } = register.enrol("market-a", secret, keyHex, nowMs + 1);
    expect(site).toBe("Songbai market");
    expect(check.authenticates("market-a", credential)).toBe(true);
    expect(check.authenticates("market-a", keyHex)).toBe(false);
    expect(check.authenticates("market-b", credential)).toBe(false);
    expect(register.gateway("market-a").keys.map(({ publicKey }) => toHex(publicKey))).toEqual([keyHex]);
  });

  it("refuses a code that is used, expired, unknown, another gateway's or replaced", () => {
    const { register } = setUp();
    const used = register.addCode("market-a", undefined, nowMs).secret;
    register.enrol("market-a", used, keyHex, nowMs);
    expect(() => register.enrol("market-a", used, otherHex, nowMs)).toThrow(/used/);
    const { secret } = register.addCode("market-b", undefined, nowMs);
    expect(() => register.enrol("market-b", secret, keyHex, nowMs + codeValidMs)).toThrow(/expired/);
    expect(() => register.enrol("market-a", secret, keyHex, nowMs)).toThrow(/not known/);
    expect(() => register.enrol("market-b", "00".repeat(32), keyHex, nowMs)).toThrow(/not known/);
    register.addCode("market-b", undefined, nowMs);
    expect(() => register.enrol("market-b", secret, keyHex, nowMs)).toThrow(/not known/);
    expect(() => register.addCode("../etc", undefined, nowMs)).toThrow(/lower-case/);
  });

  it("answers the same request again with a fresh credential, because an answer can be lost", () => {
    const { register, check } = setUp();
    const { secret } = register.addCode("market-a", undefined, nowMs);
    const lost = register.enrol("market-a", secret, keyHex, nowMs).credential;
    const { credential } = register.enrol("market-a", secret, keyHex, nowMs + 1_000);
    expect(check.authenticates("market-a", credential)).toBe(true);
    expect(check.authenticates("market-a", lost)).toBe(false);
  });

  it("stores no secret that would let anybody in", () => {
    const { database, register } = setUp();
    const { secret } = register.addCode("market-a", undefined, nowMs);
    const { credential } = register.enrol("market-a", secret, keyHex, nowMs);
    const all = ["gateway", "gateway_key", "enrolment_code"].flatMap((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .flatMap((row) => Object.values(row as object)),
    );
    const texts = all.map((value) => (value instanceof Buffer ? value.toString("hex") : String(value)));
    expect(texts).not.toContain(secret);
    expect(texts).not.toContain(credential);
    expect(texts).toContain(keyHex);
  });

  it("keeps a disabled gateway out, with its records' keys still known, and lets it in again", () => {
    const { register, check } = setUp();
    const { secret } = register.addCode("market-a", undefined, nowMs);
    const { credential } = register.enrol("market-a", secret, keyHex, nowMs);
    expect(check.mayStay("market-a", nowMs + 5)).toBe(true);
    register.setDisabled("market-a", true, nowMs + 10);
    expect(check.authenticates("market-a", credential)).toBe(false);
    expect(check.mayStay("market-a", nowMs + 5)).toBe(false);
    expect(register.gateway("market-a").keys).toHaveLength(1);
    register.setDisabled("market-a", false, nowMs + 20);
    expect(check.authenticates("market-a", credential)).toBe(true);
    expect(() => register.setDisabled("market-z", true, nowMs)).toThrow(/market-z/);
  });

  it("ends the connection of a box whose gateway was enrolled anew", () => {
    const { register, check } = setUp();
    register.enrol("market-a", register.addCode("market-a", undefined, nowMs).secret, keyHex, nowMs);
    register.enrol("market-a", register.addCode("market-a", undefined, nowMs).secret, otherHex, nowMs + 100);
    expect(check.mayStay("market-a", nowMs + 50)).toBe(false);
    expect(check.mayStay("market-a", nowMs + 150)).toBe(true);
    expect(register.gateway("market-a").keys).toHaveLength(2);
  });
});
