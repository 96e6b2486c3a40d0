import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Copies an outbox directory as it is on disk now: what a kill would leave. */
export const snapshot = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (statSync(join(from, name)).isFile()) copyFileSync(join(from, name), join(to, name));
  }
};

/** Something that happens to a file: `bits` of the byte at `at` are flipped, or the file ends there. */
export type Damage = { readonly file: string; readonly at: number } & (
  | { readonly kind: "flip"; readonly bits: number }
  | { readonly kind: "cut" }
);

/** Does it. */
export const inflict = (dir: string, damage: Damage): void => {
  const path = join(dir, damage.file);
  const bytes = readFileSync(path);
  if (damage.kind === "flip") bytes.writeUInt8(bytes.readUInt8(damage.at) ^ damage.bits, damage.at);
  writeFileSync(path, damage.kind === "flip" ? bytes : bytes.subarray(0, damage.at));
};

/** Every file's content, to see whether anything was changed. */
export const contentsOf = (dir: string): Map<string, string> =>
  new Map(
    readdirSync(dir)
      .sort()
      .filter((name) => statSync(join(dir, name)).isFile())
      .map((name) => [name, readFileSync(join(dir, name), "latin1")]),
  );
