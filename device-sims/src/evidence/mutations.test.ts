import { readFileSync } from "node:fs";
import { fromHex } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../harness/repository.ts";
import { needs } from "../harness/requirements.ts";
import { mutate, Specimens, type Trial, verifyWhole } from "./campaign.ts";
import { mutations } from "./mutations.ts";
import { verifyInPython } from "./python-verifier.ts";

const specimens = new Specimens();
const kinds = Object.keys(mutations).length;
const trials: Trial[] = Array.from({ length: 6 * kinds }, (_, seed) => mutate(specimens.at(seed % 3), seed));
const shown = ({ seed, mutation, expected, named }: Trial) => ({ seed, mutation, expected, named });

describe("mutated evidence", () => {
  it("is made from files that hold", () => {
    for (let number = 0; number < 3; number++) {
      const { file, pinned } = specimens.at(number);
      expect(verifyWhole(file, pinned)).toMatchObject({ ok: true, fault: null });
    }
  });

  it("is found, every one, with its first bad span and sequence number", () => {
    expect(trials.filter(({ isRight }) => !isRight).map(shown)).toEqual([]);
  });

  it("would not be found by a verifier that takes lines more leniently, or names a later place", () => {
    const lenient: typeof verifyWhole = (file, pinned) =>
      verifyWhole(Buffer.from(file.toString().replaceAll("\r", "").replace(/\n*$/, "\n")), pinned);
    const late: typeof verifyWhole = (file, pinned) => {
      const report = verifyWhole(file, pinned);
      const { fault } = report;
      return fault?.seq == null ? report : { ...report, fault: { ...fault, seq: fault.seq + 1 } };
    };
    const missed = (verify: typeof verifyWhole) =>
      trials.filter(({ seed }) => seed < 2 * kinds && !mutate(specimens.at(seed % 3), seed, verify).isRight).length;
    expect(missed(lenient)).toBeGreaterThan(3);
    expect(missed(late)).toBeGreaterThan(20);
  });
});

const python = needs("python3");

describe("the verifier in Python", () => {
  it.skipIf(python.skip)(python.title("agrees on verdict and place"), () => {
    for (let number = 0; number < 3; number++) {
      const { file, pinned } = specimens.at(number);
      const some = trials.filter(({ seed }) => seed % 3 === number && seed < 2 * kinds);
      const [good, ...verdicts] = verifyInPython([file, ...some.map((trial) => trial.file)], pinned);
      const { records, withheld, seals, unvouched } = verifyWhole(file, pinned);
      expect(good).toMatchObject({ ok: true, records: records + withheld, withheld, seals, unvouched });
      const places = verdicts.map((verdict) => (verdict.ok ? null : { span: verdict.span, seq: verdict.seq }));
      expect(some.map((trial, index) => ({ ...shown(trial), named: places[index] }))).toEqual(some.map(shown));
    }
  });

  const both = needs("python3", "openssl");
  it.skipIf(both.skip)(both.title("agrees with openssl, and with the vectors"), () => {
    const vector = (name: string) => readFileSync(`${repositoryRoot}/protocols/vectors/${name}`);
    const keys = JSON.parse(vector("keys.json").toString());
    const raw = (hex: string) => fromHex(hex) ?? new Uint8Array();
    const pinned = { gateway: raw(keys.gateway.publicKey), centre: raw(keys.centre.publicKey) };
    const invalid: { span: number | null; seq: number | null; file: string }[] = JSON.parse(
      vector("evidence-invalid.json").toString(),
    ).files;
    const files = [
      vector("evidence.mcx"),
      vector("evidence-two-spans.mcx"),
      vector("evidence-revoked.mcx"),
      ...invalid.map(({ file }) => Buffer.from(file)),
    ];
    const verdicts = verifyInPython(files, pinned, "--openssl");
    expect(verdicts).toMatchObject([
      { ok: true, records: 3, withheld: 1, seals: 2 },
      { ok: true, records: 3, withheld: 0, seals: 2, unvouched: 0 },
      { ok: true, records: 5, withheld: 2, seals: 3, unvouched: 1 },
      ...invalid.map(({ span, seq }) => ({ ok: false, span, seq })),
    ]);
  });
});
