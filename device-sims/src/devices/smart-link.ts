import { readFileSync } from "node:fs";
import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type IntakeAnswer, type IntakeChannel, intakePath, intakeTopics } from "@mingcheng/protocols/intake";
import { connectAsync, type MqttClient } from "mqtt";

/** Where a smart device sends to, and as whom. */
export interface SmartAccess {
  /** `http://`, `https://`, `mqtt://` or `mqtts://` and the gateway's address. */
  readonly url: string;
  readonly device: string;
  readonly secret: string;
  /** Certificate file of the gateway, PEM, where it is none that the system knows. */
  readonly caFile?: string | undefined;
}

/** What came of one attempt. `lost`: no answer came, whatever the gateway made of it. */
export type SmartReply =
  | { readonly kind: "answered"; readonly answer: IntakeAnswer; readonly status: number | null }
  | { readonly kind: "lost"; readonly reason: string };

/** Where an attempt is broken off: half way through the message, or before its answer is read. */
export type CutAt = "message" | "answer";

/** The way to the gateway. */
export interface SmartLink {
  /** Sends one message once. Never throws. */
  send(channel: IntakeChannel, text: string, cut?: CutAt): Promise<SmartReply>;
  /** Breaks the connection, as if the network were gone. */
  drop(): void;
  close(): Promise<void>;
}

const answerWithinMs = 10_000;
const lost = (reason: unknown): SmartReply => ({ kind: "lost", reason: String(reason) });

/** What TLS shall trust. */
export const trustOf = ({ caFile }: SmartAccess): { readonly ca?: string } =>
  caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") };

const httpLink = (access: SmartAccess): SmartLink => {
  const trust = trustOf(access);
  const underWay = new Set<ClientRequest>();
  const send: SmartLink["send"] = (channel, text, cut) =>
    new Promise((resolve) => {
      const url = new URL(intakePath(channel), access.url);
      const body = Buffer.from(text, "utf8");
      const options = {
        method: "POST",
        auth: `${access.device}:${access.secret}`,
        headers: { "content-type": "application/json", "content-length": body.length },
        timeout: answerWithinMs,
        agent: false as const,
      };
      const sent = url.protocol === "https:" ? httpsRequest(url, { ...options, ...trust }) : httpRequest(url, options);
      underWay.add(sent);
      const end = (reply: SmartReply): void => {
        underWay.delete(sent);
        resolve(reply);
      };
      sent.on("error", (error) => end(lost(error)));
      sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
      sent.on("response", (response) => {
        let said = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => (said += piece));
        response.on("error", (error) => end(lost(error)));
        response.on("end", () => {
          try {
            end({ kind: "answered", answer: JSON.parse(said) as IntakeAnswer, status: response.statusCode ?? 0 });
          } catch (error) {
            end(lost(error));
          }
        });
      });
      if (cut === "message") sent.write(body.subarray(0, body.length / 2), () => sent.destroy(new Error("cut")));
      else sent.end(body, () => (cut === "answer" ? sent.destroy(new Error("cut")) : undefined));
    });
  const drop = (): void => {
    for (const sent of underWay) sent.destroy(new Error("the network is gone"));
  };
  return { send, drop, close: async () => drop() };
};

interface Connection {
  readonly client: MqttClient;
  /** Waits for the next answer; rejects when the connection ends. */
  readonly next: (id: string | null) => Promise<IntakeAnswer>;
}

const openConnection = async (access: SmartAccess): Promise<Connection> => {
  const client = await connectAsync(
    access.url,
    {
      protocolVersion: 4,
      clientId: access.device,
      username: access.device,
      password: access.secret,
      reconnectPeriod: 0,
      connectTimeout: answerWithinMs,
      ...trustOf(access),
    },
    false,
  );
  client.on("error", () => undefined);
  const heard: IntakeAnswer[] = [];
  let wake = (): void => undefined;
  let isOpen = true;
  client.on("message", (_topic, payload) => {
    heard.push(JSON.parse(payload.toString("utf8")) as IntakeAnswer);
    wake();
  });
  client.on("close", () => {
    isOpen = false;
    wake();
  });
  await client.subscribeAsync(intakeTopics.answers(access.device), { qos: 1 });
  const next = async (id: string | null): Promise<IntakeAnswer> => {
    const untilMs = performance.now() + answerWithinMs;
    for (;;) {
      const at = heard.findIndex((answer) => answer.id === id);
      const [found] = at < 0 ? [] : heard.splice(at, 1);
      if (found !== undefined) return found;
      if (!isOpen) throw new Error("the connection ended");
      if (performance.now() > untilMs) throw new Error("no answer in time");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, answerWithinMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return { client, next };
};

const idOf = (text: string): string | null => {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
};

const mqttLink = (access: SmartAccess): SmartLink => {
  let connection: Promise<Connection> | undefined;
  const open = (): Promise<Connection> => {
    connection ??= openConnection(access).then(
      (opened) => {
        opened.client.once("close", () => {
          connection = undefined;
        });
        return opened;
      },
      (error: unknown) => {
        connection = undefined;
        throw error;
      },
    );
    return connection;
  };
  const drop = (): void => {
    void connection?.then(({ client }) => client.stream.destroy()).catch(() => undefined);
  };
  const send: SmartLink["send"] = async (channel, text, cut) => {
    try {
      const { client, next } = await open();
      const published = client.publishAsync(intakeTopics.publish(access.device, channel), text, { qos: 1 });
      published.catch(() => undefined);
      if (cut !== undefined) {
        drop();
        return lost("cut");
      }
      const [answer] = await Promise.all([next(idOf(text)), published]);
      return { kind: "answered", answer, status: null };
    } catch (error) {
      return lost(error);
    }
  };
  const close = async (): Promise<void> => {
    const opened = await connection?.catch(() => undefined);
    await opened?.client.endAsync(true);
  };
  return { send, drop, close };
};

/** The way to a gateway by the scheme of its URL. */
export const openSmartLink = (access: SmartAccess): SmartLink =>
  access.url.startsWith("mqtt") ? mqttLink(access) : httpLink(access);
