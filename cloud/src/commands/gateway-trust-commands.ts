import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { lineKey, MingchengError } from "@mingcheng/protocols";
import type { Command } from "commander";
import type { AuditAction } from "../audit/audit-actions.ts";
import type { Audit, AuditValue } from "../audit/audit-event.ts";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import type { LedgerLine } from "../ledger/ledger-reader.ts";
import { openLedgerReader } from "../ledger/sqlite-ledger-reader.ts";
import { type Decider, GatewayDecisions } from "../register/gateway-decisions.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { gatewayWithKeys } from "../register/key-history.ts";
import { openRegister } from "../register/register-database.ts";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { codePrinter } from "./code-printer.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { decisionText, type LinePlace, lineFromText, lineRows, placeFromText } from "./gateway-line-text.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

interface DecidingOptions extends DataOptions {
  readonly reason: string;
}

const deciderOf = ({ reason }: DecidingOptions): Decider => ({
  by: `${userInfo().username} (terminal)`,
  reason,
  nowMs: Date.now(),
});

const withRegister = <Result>(dataDirectory: string, body: (database: SqliteDatabase) => Result): Result => {
  const database = openRegister(dataDirectory);
  try {
    return body(database);
  } finally {
    database.close();
  }
};

interface Decided {
  readonly gw: string;
  readonly action: AuditAction;
  readonly detail: Readonly<Record<string, AuditValue>>;
}

/** Decides and notes it, both or neither. */
const decide = <Result>(
  database: SqliteDatabase,
  audit: Audit,
  { gw, action, detail }: Decided,
  options: DecidingOptions,
  body: (decisions: GatewayDecisions, by: Decider) => Result,
): Result =>
  database
    .transaction(() => {
      const result = body(new GatewayDecisions(database), deciderOf(options));
      const { reason } = options;
      audit.append({ actor: terminalActor(), action, subject: `gateway:${gw}`, detail: { ...detail, reason } });
      return result;
    })
    .immediate();

const linesOf = (dataDirectory: string, gw: string): LedgerLine[] => {
  const path = ledgerPath(dataDirectory);
  if (!existsSync(path)) return [];
  const ledger = openLedgerReader(path);
  try {
    return ledger.lines().filter((line) => line.gw === gw);
  } finally {
    ledger.close();
  }
};

/** Whether the line's first record, which names what it goes on from, has arrived. */
const hasBegun = (dataDirectory: string, gw: string, { ep, eid }: LedgerLine): boolean => {
  const ledger = openForReading(ledgerPath(dataDirectory));
  try {
    const first = ledger.prepare(
      "SELECT 1 FROM record JOIN line ON line.id = line WHERE gw = ? AND ep = ? AND eid = ? AND seq = 1",
    );
    return first.get(gw, ep, eid) !== undefined;
  } finally {
    ledger.close();
  }
};

/** The newest line that the key has sealed, behind everything that was heard of it: what is held stays good. */
const behindAllHeard = (dataDirectory: string, gw: string, kid: string): LinePlace => {
  const path = ledgerPath(dataDirectory);
  const ledger = existsSync(path) ? openForReading(path) : undefined;
  try {
    const place = ledger
      ?.prepare(
        `SELECT ep, eid, heard_head + 1 AS seq FROM line
         WHERE gw = ? AND EXISTS (SELECT 1 FROM seal WHERE seal.line = line.id AND kid = ?) ORDER BY id DESC LIMIT 1`,
      )
      .get(gw, kid) as LinePlace | undefined;
    if (place !== undefined) return place;
    throw new MingchengError("INPUT_INVALID", `${kid} has sealed nothing here; name a place`, { field: "--from" });
  } finally {
    ledger?.close();
  }
};

interface RevokeOptions extends DecidingOptions {
  readonly kid: string;
  readonly from?: string;
}

const revoke = (gw: string, options: RevokeOptions, say: Say): Promise<void> =>
  withAudit(options.data, (audit, database) => {
    const { keys } = gatewayWithKeys(database, options.data, gw);
    const { kid } = options;
    if (!keys.some((key) => key.kid === kid)) {
      const known = keys.map((key) => key.kid).join(", ");
      throw new MingchengError("INPUT_INVALID", `${kid}: not a key of ${gw} (${known})`, { field: "--kid" });
    }
    const lines = linesOf(options.data, gw);
    const place =
      options.from === undefined ? behindAllHeard(options.data, gw, kid) : placeFromText(lines, options.from, "--from");
    const text = `${lineKey(place)}.${place.seq}`;
    decide(
      database,
      audit,
      { gw, action: "gateway.key-revoked", detail: { kid, from: text } },
      options,
      (decisions, by) => decisions.revokeKey(gw, kid, place, by),
    );
    say(
      inLanguage(
        `密钥 ${kid} 自 ${text} 起吊销：此后用它封签的内容不再采信，此前的仍然有效`,
        `Key ${kid} is revoked from ${text} on: what it seals from there is not believed, what it sealed before stays good`,
      ),
    );
    const head = lines.find((line) => lineKey(line) === lineKey(place))?.heardHead ?? 0;
    if (head >= place.seq) {
      say(
        inLanguage(
          `该线已收到至 ${head}：其中由此密钥封签的部分不再列入证据`,
          `Of this line records up to ${head} are held: what only this key sealed of them stays out of evidence from now on`,
        ),
      );
    }
    if (keys.at(-1)?.kid === kid) {
      say(
        inLanguage(
          "注意：这是该网关最新的密钥。请用 gateway add 生成登记码，并在网关上运行 enrol --replace",
          "Note: this is the gateway's newest key. Make a code with gateway add and run enrol --replace at the gateway",
        ),
      );
    }
  });

const replace = async (gw: string, options: DecidingOptions & { json?: boolean }, say: Say): Promise<void> => {
  const print = await codePrinter(options, say, {
    zh: "在新设备上运行：mingcheng-gateway enrol --code <登记码> --data /var/lib/mingcheng-gateway。登记完成后旧设备即被断开",
    en: "At the new box: mingcheng-gateway enrol --code <code> --data /var/lib/mingcheng-gateway. The old box is let in no more once that is done",
  });
  const code = await withAudit(options.data, (audit, database) =>
    decide(database, audit, { gw, action: "gateway.replaced", detail: {} }, options, (_decisions, by) =>
      new GatewayRegister(database).addReplacement(gw, by),
    ),
  );
  print([{ gw, ...code }]);
};

const lines = (gw: string, options: DataOptions & { json?: boolean }, say: Say): void =>
  withRegister(options.data, (database) => {
    new GatewayRegister(database).gateway(gw);
    const known = linesOf(options.data, gw);
    const decisions = new GatewayDecisions(database).of(gw);
    if (options.json === true) {
      say(JSON.stringify({ lines: known, decisions }));
      return;
    }
    for (const row of lineRows(known)) say(row);
    for (const decision of decisions) say(decisionText(decision));
  });

interface LineOptions extends DecidingOptions {
  readonly keep: string;
}

const keep = (gw: string, options: LineOptions, say: Say): Promise<void> =>
  withAudit(options.data, (audit, database) => {
    new GatewayRegister(database).gateway(gw);
    const known = linesOf(options.data, gw);
    const line = lineFromText(known, options.keep, "--keep");
    if (known.every(({ status }) => status === "ok")) {
      throw new MingchengError("INPUT_INVALID", `no line of ${gw} is in dispute`, { field: "--keep" });
    }
    decide(
      database,
      audit,
      { gw, action: "gateway.line-kept", detail: { line: lineKey(line) } },
      options,
      (decisions, by) => decisions.keepLine(gw, line, by),
    );
    say(
      inLanguage(
        `${lineKey(line)} 为该网关自己的线。运行中的中心一秒内生效，否则下次启动时生效`,
        `${lineKey(line)} is the gateway's own. A running centre carries this out within a second, any other at its next start`,
      ),
    );
    if (!hasBegun(options.data, gw, line)) {
      say(
        inLanguage(
          "注意：该线的首条记录尚未收到，还不知道它接在哪条线之后。收到后请再用 gateway lines 查看一次",
          "Note: the first record of this line has not arrived, so what it goes on from is not known. Look again with gateway lines once it has",
        ),
      );
    }
  });

/** `gateway revoke | replace | lines | line`: whose seals count, and which of two boxes is the real one. */
export const addGatewayTrustCommands = (gateway: Command, say: Say): void => {
  const reason = ["--reason <text>", "原因，与决定一并保存 / why; kept with the decision", ""] as const;
  const json = ["--json", "以 JSON 输出 / print JSON"] as const;
  withPresentData(gateway.command("revoke"))
    .description("吊销网关的一个密钥 / revoke a key of a gateway")
    .argument("<id>", "网关编号 / gateway id")
    .requiredOption("--kid <kid>", "密钥编号，见 keys --gateway / key id, see keys --gateway")
    .option(
      "--from <ep.eid.seq>",
      "从此处起不再采信，默认为已收到的内容之后 / from this place on; by default behind everything that was received",
    )
    .option(...reason)
    .action((gw: string, options: RevokeOptions) => revoke(gw, options, say));
  withPresentData(gateway.command("replace"))
    .description("以新设备替换网关：生成登记码 / put a new box in the place of a gateway: make its enrolment code")
    .argument("<id>", "网关编号 / gateway id")
    .option(...reason)
    .option(...json)
    .action((gw: string, options: DecidingOptions & { json?: boolean }) => replace(gw, options, say));
  withPresentData(gateway.command("lines"))
    .description("列出网关的各条线和相关决定 / list the lines of a gateway, and what was decided about it")
    .argument("<id>", "网关编号 / gateway id")
    .option(...json)
    .action((gw: string, options: DataOptions & { json?: boolean }) => lines(gw, options, say));
  withPresentData(gateway.command("line"))
    .description("两台设备使用同一身份时，决定哪条线有效 / decide after a clone which line is the gateway's own")
    .argument("<id>", "网关编号 / gateway id")
    .requiredOption(
      "--keep <ep.eid>",
      "有效的线，eid 可只写开头 / the line that counts; the first digits of eid will do",
    )
    .option(...reason)
    .action((gw: string, options: LineOptions) => keep(gw, options, say));
};
