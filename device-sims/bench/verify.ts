import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { concat, fromBase64, sealAt, sealOctets, toHex } from "@mingcheng/protocols";
import { evidenceFile, type SealedRun, sealedRun } from "../src/evidence/sealed-file.ts";
import { repositoryRoot } from "../src/harness/repository.ts";
import { newSigner, nodeCrypto } from "../src/load/node-crypto.ts";
import { createRandom } from "../src/random.ts";
import { type Bench, median } from "./bench.ts";
import { type RawWork, rawSeconds } from "./raw-crypto.ts";

const runs = 3;
/** Records per file: a small one, of which the program's start is a fifth, and others of which it is next to nothing. */
const sizes = [
  { perSeal: 1, many: 10_000 },
  { perSeal: 1, many: 100_000 },
  { perSeal: 10, many: 500_000 },
  { perSeal: 100, many: 1_000_000 },
] as const;
/** As many as the program takes. */
const threads = Math.min(8, availableParallelism());
const program = join(repositoryRoot, "cloud/bin/mingcheng-cloud.mjs");

/** What the format demands of cryptography for this line. */
const rawWork = (run: SealedRun): RawWork => {
  const hashes = [...run.hashes];
  const links = run.records.map((bytes, index) =>
    concat(Uint8Array.of(1), hashes[index] ?? bytes, nodeCrypto.sha256(bytes)),
  );
  const seals = [...run.sealed].map((seq) => {
    const h = hashes[seq] ?? new Uint8Array(32);
    const { wall, kid, sig } = sealAt(run.signer, run.line, seq, h, "2026-11-24T10:00:00.000+08:00");
    return { octets: sealOctets(run.line, seq, h, wall, kid), signature: fromBase64(sig) ?? h };
  });
  return { hashed: [...run.records, ...links], publicKey: run.signer.publicKey, seals };
};

/** Seconds of the whole program, its start included. */
const programSeconds = async (...args: string[]): Promise<number> => {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`mingcheng-cloud ${args[0]} ended with ${code}`);
  return (performance.now() - startedAt) / 1000;
};

/**
 * `mingcheng-cloud verify` of a file with one line, beside the cryptography of the same records and seals alone,
 * on as many threads as the program takes and on one.
 * `--records` how many (default 10,000 and 100,000, 500,000 and 1,000,000 at 1, 10 and 100 records per seal; quick a fifth of the large ones).
 */
export const verifyBench: Bench = {
  name: "verify",
  summary: "verifying an evidence file, beside SHA-256 and Ed25519 of the same bytes alone",
  run: async ({ quick, args, report, progress }) => {
    const directory = mkdtempSync(join(tmpdir(), "mingcheng-verify-"));
    const [file, keys] = [join(directory, "evidence.mcx"), join(directory, "keys.json")];
    try {
      for (const { perSeal, many } of sizes) {
        const records = Number(args["records"] ?? (quick ? Math.max(sizes[0].many, many / 5) : many));
        progress(`${records} records, ${perSeal} per seal`);
        const [centre, signer] = [newSigner(), newSigner()];
        const line = { gw: "market-a", ep: 1, eid: "ab".repeat(16) };
        const run = sealedRun(signer, line, records, perSeal, createRandom(perSeal));
        const stretch = { run, from: 1, to: records, withheld: [] };
        writeFileSync(file, evidenceFile([stretch], { centre, keys: [signer] }, "2026-11-24T10:00:00.000Z"));
        writeFileSync(keys, JSON.stringify({ gateway: toHex(signer.publicKey), centre: toHex(centre.publicKey) }));
        const work = rawWork(run);
        const rounds: { raw: number; alone: number; own: number }[] = [];
        for (let round = 0; round < runs; round++) {
          const raw = await rawSeconds(work, threads);
          const own = await programSeconds("verify", file, "--keys", keys);
          rounds.push({ raw, own, alone: await rawSeconds(work, 1) });
        }
        const middle = (what: (round: (typeof rounds)[number]) => number): number => median(rounds.map(what));
        const own = middle((round) => round.own);
        const seconds = rounds.reduce((sum, round) => sum + round.raw + round.alone + round.own, 0);
        const isSmall = many === sizes[0].many;
        const variant = `${perSeal} records per seal${isSmall ? ", small file" : ""}`;
        const measured = { n: records, seconds, variant };
        const perSecond = (spent: number): number => Math.round(records / spent);
        report({
          figure: "ratioToRawCrypto",
          value: middle((round) => round.raw / round.own),
          unit: "ratio",
          numerator: perSecond(own),
          denominator: perSecond(middle((round) => round.raw)),
          ...measured,
        });
        report({
          figure: "ratioToRawCryptoOnOneThread",
          value: middle((round) => round.alone / round.own),
          unit: "ratio",
          numerator: perSecond(own),
          denominator: perSecond(middle((round) => round.alone)),
          ...measured,
        });
        report({ figure: "recordsPerSecond", value: records / own, unit: "records/s", ...measured });
        report({ figure: "secondsPer10000Records", value: (own * 10_000) / records, unit: "s", ...measured });
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
