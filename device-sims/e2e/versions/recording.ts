import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { OracleEntry } from "../../src/oracle.ts";
import type { WireMessage } from "./wire-tap.ts";

/** The gateway, its devices and the users of every recording. */
export const recorded = {
  gw: "market-a",
  tester: "tester-1",
  scale: "scale-1",
  inspector: { user: "li.na", password: "songbai-market-2468" },
  auditor: { user: "tester", password: "songbai-market-7531" },
} as const;

const factsSchema = z.strictObject({
  /** Of every database file. */
  layouts: z.record(z.string(), z.int()),
  /** Id of the alert that was open. */
  alert: z.string(),
  /** Last number of the gateway's line, as it said itself. */
  head: z.int(),
  eid: z.string(),
  /** Records that the centre held. */
  held: z.int(),
  /** The devices' own log. */
  said: z.array(z.custom<OracleEntry>()),
});

/** What is known of a recording beside its data directories. */
export type RecordedFacts = z.infer<typeof factsSchema>;

/** One line of `conversation.jsonl`. */
export const wireLine = ({ way, topic, payload }: WireMessage): string =>
  `${JSON.stringify({ way, topic, payload: payload.toString("base64") })}\n`;

const wireSchema = z.strictObject({ way: z.enum(["up", "down"]), topic: z.string(), payload: z.base64() });

/** A recording, unpacked. */
export interface Recording {
  readonly facts: RecordedFacts;
  /** Directories to start a centre and a gateway in; each has `data`. */
  readonly centre: string;
  readonly gateway: string;
  /** Evidence as that version exported it, and the keys it printed. */
  readonly evidence: string;
  readonly keys: string;
  /** What that version's gateway and centre said to each other, in order. */
  readonly conversation: readonly WireMessage[];
}

/** Unpacks a recording into `dir`. */
export const unpackRecording = (file: string, dir: string): Recording => {
  mkdirSync(dir, { recursive: true });
  execFileSync("tar", ["--extract", "--gzip", "--file", file, "--directory", dir, "--no-same-owner"]);
  const lines = readFileSync(join(dir, "conversation.jsonl"), "utf8").trimEnd().split("\n");
  return {
    facts: factsSchema.parse(JSON.parse(readFileSync(join(dir, "recorded.json"), "utf8"))),
    centre: join(dir, "centre"),
    gateway: join(dir, recorded.gw),
    evidence: join(dir, "evidence.mcx"),
    keys: join(dir, "keys.json"),
    conversation: lines.map((line) => {
      const { payload, ...message } = wireSchema.parse(JSON.parse(line));
      return { ...message, payload: Buffer.from(payload, "base64") };
    }),
  };
};

/** Packs what a recording consists of. */
export const packRecording = (file: string, dir: string): void => {
  const parts = [
    `centre/data`,
    `${recorded.gw}/data`,
    "recorded.json",
    "evidence.mcx",
    "keys.json",
    "conversation.jsonl",
  ];
  const plain = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--exclude=outbox/lock*"];
  execFileSync("tar", [
    "--create",
    "--file",
    file,
    "--use-compress-program=gzip -9n",
    ...plain,
    "--directory",
    dir,
    ...parts,
  ]);
};
