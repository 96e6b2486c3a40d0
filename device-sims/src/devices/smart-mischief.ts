import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { intakePath } from "@mingcheng/protocols/intake";
import type { SimClock } from "../clock.ts";
import { openSmartLink, type SmartAccess, trustOf } from "./smart-link.ts";

/** What a smart device, or somebody in its place, can do that it should not. */
export const mischiefs = [
  "wrong-secret",
  "anonymous",
  "huge-packet",
  "huge-body",
  "endless-headers",
  "slow-loris",
  "garbage",
  "foreign-topic",
] as const;
export type Mischief = (typeof mischiefs)[number];

/** What came of it. */
export interface MischiefOutcome {
  /** What was answered, or `closed`, or `patience` when the other side took everything that there was. */
  readonly outcome: string;
  readonly sentBytes: number;
}

/** So much is sent at most: who takes so much takes anything. */
const patienceBytes = 64 * 1024 * 1024;
const patienceMs = 60_000;

const openSocket = (access: SmartAccess): Socket => {
  const { protocol, hostname, port } = new URL(access.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isTls = protocol === "https:" || protocol === "mqtts:";
  return isTls ? connectTls({ host, port: Number(port), ...trustOf(access) }) : connect(Number(port), host);
};

/** Sends `head`, then `more` again and again with `pauseMs` in between, until the other side closes. */
const pour = (access: SmartAccess, head: Uint8Array, more: Uint8Array, pauseMs: number, clock: SimClock) =>
  new Promise<MischiefOutcome>((resolve) => {
    let sentBytes = 0;
    let said = "";
    let isOpen = true;
    const startMs = clock.nowMs();
    const socket = openSocket(access);
    let wake = (): void => undefined;
    const room = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });
    socket.on("drain", () => wake());
    const send = async (): Promise<void> => {
      socket.write(head);
      sentBytes += head.length;
      while (isOpen && sentBytes < patienceBytes && clock.nowMs() - startMs < patienceMs) {
        const hasRoom = socket.write(more);
        sentBytes += more.length;
        if (pauseMs > 0) await clock.sleep(pauseMs);
        else if (!hasRoom) await room();
      }
      if (isOpen) said = "patience";
      socket.destroy();
    };
    socket.on("data", (bytes: Buffer) => (said = (said + bytes.toString("latin1")).slice(0, 200)));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      isOpen = false;
      wake();
      resolve({ outcome: said === "" ? "closed" : (said.split("\r\n")[0] ?? ""), sentBytes });
    });
    socket.once(socket.constructor.name === "TLSSocket" ? "secureConnect" : "connect", () => void send());
  });

/** A fixed header (MQTT 3.1.1 §2.2) of CONNECT that announces `length` bytes. */
const announcing = (length: number): Uint8Array => {
  const octets = [0x10];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    octets.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    if (rest < 128) return Uint8Array.from(octets);
  }
};

const text = (said: string): Uint8Array => Buffer.from(said, "latin1");
const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);

const post = (access: SmartAccess, headers: readonly string[]): Uint8Array =>
  text([`POST ${intakePath("sales")} HTTP/1.1`, `host: ${new URL(access.url).host}`, ...headers, "", ""].join("\r\n"));

const basic = ({ device, secret }: SmartAccess): string =>
  `authorization: Basic ${Buffer.from(`${device}:${secret}`).toString("base64")}`;

const sayOnce = async (access: SmartAccess, message: string): Promise<MischiefOutcome> => {
  const link = openSmartLink(access);
  const reply = await link.send("sales", message);
  await link.close();
  const { length: sentBytes } = message;
  if (reply.kind === "lost") return { outcome: reply.reason, sentBytes };
  const code = reply.answer.result === "refused" ? ` ${reply.answer.error.code}` : "";
  return { outcome: `${reply.status ?? ""} ${reply.answer.result}${code}`.trim(), sentBytes };
};

/** Does it, and tells what came of it. */
export const misbehave = (how: Mischief, access: SmartAccess, clock: SimClock): Promise<MischiefOutcome> => {
  const isMqtt = access.url.startsWith("mqtt");
  const piece = zeros(16 * 1024);
  switch (how) {
    case "wrong-secret":
      return sayOnce({ ...access, secret: "0000-0000-0000-0000" }, "{}");
    case "anonymous":
      return sayOnce({ ...access, device: "", secret: "" }, "{}");
    case "huge-packet":
      return isMqtt
        ? pour(access, announcing(200 * 1024 * 1024), piece, 0, clock)
        : pour(access, post(access, ["content-length: 209715200"]), piece, 0, clock);
    case "huge-body":
      return isMqtt
        ? sayOnce(access, "x".repeat(300_000))
        : pour(
            access,
            post(access, [basic(access), "transfer-encoding: chunked"]),
            text(`4000\r\n${"x".repeat(0x4000)}\r\n`),
            0,
            clock,
          );
    case "endless-headers":
      return pour(
        access,
        isMqtt ? announcing(3_000) : text(`POST / HTTP/1.1\r\n`),
        text(`x-${"y".repeat(1_000)}: z\r\n`),
        0,
        clock,
      );
    case "slow-loris":
      return pour(access, isMqtt ? announcing(100) : text(`POST / HTTP/1.1\r\n`), text("x"), 500, clock);
    case "garbage":
      return sayOnce(access, '{"id":"garbage","lines":[{"weight":1.5}]}');
    case "foreign-topic":
      return foreign(access);
  }
};

const foreign = async (access: SmartAccess): Promise<MischiefOutcome> => {
  // Signs in as itself and speaks for somebody else.
  const { connectAsync } = await import("mqtt");
  if (!access.url.startsWith("mqtt")) return { outcome: "only over MQTT", sentBytes: 0 };
  const { device: username, secret: password } = access;
  const client = await connectAsync(
    access.url,
    { protocolVersion: 4, clientId: username, username, password, reconnectPeriod: 0, ...trustOf(access) },
    false,
  );
  client.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  client.publish("intake/v1/somebody-else/sales", "{}", { qos: 1 });
  await closed;
  await client.endAsync(true);
  return { outcome: "closed", sentBytes: 2 };
};
