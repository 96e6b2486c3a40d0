import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PinnedKeys, toHex } from "@mingcheng/protocols";
import { repositoryRoot } from "../harness/repository.ts";

/** What the verifier in Python says of a file. */
export type PythonVerdict =
  | { readonly ok: true; readonly records: number; readonly withheld: number; readonly seals: number }
  | {
      readonly ok: false;
      readonly span: number | null;
      readonly seq: number | null;
      readonly reason: { readonly zh: string; readonly en: string };
    };

/** Path of the verifier in Python. */
export const pythonVerifier = join(repositoryRoot, "docs/evidence/verify.py");

/** Lets the verifier in Python judge files that share their pinned keys. @throws Error when it cannot be run */
export const verifyInPython = (
  files: readonly Uint8Array[],
  pinned: PinnedKeys,
  ...options: string[]
): PythonVerdict[] => {
  const directory = mkdtempSync(join(tmpdir(), "mingcheng-python-"));
  try {
    const keys = join(directory, "keys.json");
    writeFileSync(keys, JSON.stringify({ gateway: toHex(pinned.gateway), centre: toHex(pinned.centre) }));
    const paths = files.map((file, index) => {
      const path = join(directory, `${index}.mcx`);
      writeFileSync(path, file);
      return path;
    });
    const { stdout, stderr, status } = spawnSync(
      "python3",
      [pythonVerifier, "--json", ...options, "--keys", keys, ...paths],
      {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    if (status !== 0 && status !== 1) throw new Error(`verify.py ended with ${status}: ${stderr}`);
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as PythonVerdict);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
