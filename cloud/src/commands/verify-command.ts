import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols/errors";
import {
  type EvidenceReport,
  type EvidenceStatement,
  evidenceStatement,
  fromHex,
  type PinnedKeys,
} from "@mingcheng/protocols/evidence";
import type { Command } from "commander";
import { claimedGateway, readPinnedKeys } from "../evidence/pinned-keys.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import { type DataOptions, withDataOptions } from "./data-options.ts";
import { inLanguage, terminalLanguage } from "./language.ts";
import { progressLine } from "./progress-line.ts";

type Say = (text: string) => void;

interface VerifyOptions extends DataOptions {
  readonly keys?: string;
  readonly json?: boolean;
}

/** A file that cannot be read was not verified: that is no verdict. */
const unreadable = (path: string, cause: unknown): MingchengError =>
  cause instanceof MingchengError
    ? cause
    : new MingchengError("INPUT_INVALID", `${path}: ${String(cause)}`, { field: "file", cause });

const sizeOf = async (path: string): Promise<number> => {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (found.isDirectory()) throw new MingchengError("INPUT_INVALID", `${path}: a directory`, { field: "file" });
  return found.size;
};

/** The keys of this very centre, for a file that it is asked about itself. */
const ownKeys = async (dataDirectory: string, path: string): Promise<PinnedKeys> => {
  if (!existsSync(join(dataDirectory, "register.db"))) {
    const where = `there is no centre's data in ${dataDirectory}; name a file of pinned keys`;
    throw new MingchengError("INPUT_INVALID", where, { field: "--keys" });
  }
  const gw = await claimedGateway(path);
  // Only here a register is opened: a file and keys need none.
  const { offeredKeys } = await import("../evidence/offered-keys.ts");
  const { gateway, centre } = gw === undefined ? { centre: "" } : await offeredKeys(dataDirectory, gw);
  const [pinned, signer] = [fromHex(gateway ?? ""), fromHex(centre)];
  if (gateway === undefined || pinned === undefined || signer === undefined) {
    throw new MingchengError("INPUT_INVALID", `${path}: no gateway is named in it; name a file of pinned keys`, {
      field: "--keys",
    });
  }
  return { gateway: pinned, centre: signer };
};

/** What a program reads. The place is as in docs/evidence-format.md. */
const jsonOf = ({ ok, fault, manifest, records, withheld, seals, unvouched }: EvidenceReport) => ({
  ok,
  ...(fault === null ? {} : { span: fault.span, seq: fault.seq, code: fault.code, reason: fault.reason }),
  ...(manifest === null || !ok
    ? {}
    : {
        gw: manifest.gw,
        asOf: manifest.asOf,
        spans: manifest.spans.length,
        records: records + withheld,
        withheld,
        seals,
        unvouched,
        gaps: manifest.gaps.length,
        disputed: manifest.spans.filter((span) => span.disputed).length,
      }),
});

const statementLines = ({ verdict, meaning, notProven, warning }: EvidenceStatement): string[] => {
  const language = terminalLanguage();
  return [
    verdict[language],
    notProven.length === 0 ? meaning[language] : inLanguage(`已证明：${meaning.zh}`, `Proven: ${meaning.en}`),
    ...(notProven.length === 0 ? [] : [inLanguage("未证明：", "Not proven:")]),
    ...notProven.map((sentence) => `- ${sentence[language]}`),
    ...(warning === null ? [] : [warning[language]]),
  ];
};

const runVerify = async (path: string, options: VerifyOptions, say: Say): Promise<number> => {
  const size = await sizeOf(path);
  const isOwn = options.keys === undefined;
  const pinned = options.keys === undefined ? await ownKeys(options.data, path) : await readPinnedKeys(options.keys);
  const progress = progressLine();
  let read = 0;
  const report = await verifyEvidence(path, pinned, {
    onRead: (bytes) => {
      read += bytes;
      progress.show(`${Math.floor((100 * read) / Math.max(1, size))} %`);
    },
  }).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  progress.end();
  if (options.json === true) say(JSON.stringify(jsonOf(report)));
  else for (const line of statementLines(evidenceStatement(report, { isOwn }))) say(line);
  return report.ok ? 0 : 1;
};

/** `verify`. */
export const addVerifyCommand = (program: Command, say: Say): void => {
  withDataOptions(program.command("verify"))
    .description("核验证据文件；只需文件和公钥 / verify an evidence file; needs only the file and two public keys")
    .argument("<file>", "证据文件 / evidence file")
    .option(
      "--keys <file>",
      "另行取得的公钥（keys --json 的输出） / public keys got by another way (output of keys --json)",
    )
    .option("--json", "以 JSON 输出 / print JSON")
    .addHelpText(
      "after",
      "\n退出码：0 全部成立；1 不成立，已指出第一处；2 未能核验（参数或文件有误）\nExit code: 0 everything holds; 1 something does not, the first place is named; 2 it could not be tried",
    )
    .action(async (path: string, options: VerifyOptions) => {
      process.exitCode = await runVerify(path, options, say);
    });
};
