import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAuthority, createServerCertificate } from "../../keys/certificate-issuer.ts";
import type { Delivery, Outgoing } from "../channel.ts";
import { channelPorts, openChannels } from "../index.ts";
import { shortMessage } from "../message.ts";
import type { NotificationBody } from "../notification.ts";
import { secretKey, webhookSignature } from "./signature.ts";

const secret = "a-secret-of-the-duty-room";
const nowMs = Date.parse("2026-11-23T06:05:00Z");
const ports = { ...channelPorts(pino({ level: "silent" })), nowMs: () => nowMs };

let directory: string;
const servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mc-webhook-"));
  writeFileSync(join(directory, "secret"), `${secret}\n`);
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(directory, { recursive: true });
});

const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};
const http = (listener: RequestListener): Promise<number> => listen(createServer(listener));

const settings = (url: string, rest = {}) => ({
  ...{ type: "webhook" as const, name: "duty-room", url, secretFile: join(directory, "secret"), timeoutMs: 10_000 },
  ...rest,
});
const outgoing = (attempt = 1): Outgoing => {
  const body = { v: 1, id: "n-1", status: "firing" } as NotificationBody;
  const message = shortMessage("resolved", { site: "松柏", subject: "快检阳性", time: "14:05" });
  return { body, json: JSON.stringify(body), message, recipient: null, attempt, mayHaveIt: attempt > 1 };
};
const send = async (url: string, rest = {}, attempt = 1): Promise<Delivery> => {
  const [channel] = await openChannels([settings(url, rest)], ports);
  if (channel === undefined) throw new Error("no channel");
  return channel.send(outgoing(attempt), new AbortController().signal);
};
const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

describe("webhook", () => {
  it("signs as the Standard Webhooks convention's published example has it", () => {
    const key = secretKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
    expect(webhookSignature(key, signed)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("posts over TLS what a receiver can check: id, time, attempt, signature over the very bytes", async () => {
    const authority = await createAuthority("test", Date.now());
    const { certPem, keyPem } = await createServerCertificate(authority, ["127.0.0.1"], Date.now());
    writeFileSync(join(directory, "ca.pem"), authority.certPem);
    const got: { headers: IncomingMessage["headers"]; body: string }[] = [];
    const port = await listen(
      createTlsServer({ cert: certPem, key: keyPem }, (request, response) => {
        void read(request).then((body) => {
          got.push({ headers: request.headers, body });
          response.writeHead(204).end();
        });
      }) as unknown as Server,
    );
    const url = `https://127.0.0.1:${port}/hooks?for=duty`;
    expect(await send(url, { caFile: join(directory, "ca.pem") }, 2)).toEqual({ type: "sent", outcome: "HTTP 204" });
    const [{ headers, body } = { headers: {}, body: "" }] = got;
    expect(headers).toMatchObject({ "webhook-id": "n-1", "mingcheng-attempt": "2" });
    expect(headers["webhook-timestamp"]).toBe(String(nowMs / 1000));
    const expected = createHmac("sha256", secret)
      .update(`n-1.${nowMs / 1000}.${body}`)
      .digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect(JSON.parse(body)).toEqual(outgoing().body);

    const untrusted = await send(url);
    expect(untrusted).toMatchObject({ type: "failed", lost: false });
    expect(got).toHaveLength(1);
  });

  it("tells what passes from what will not change", async () => {
    const answers = [500, 503, 404, 301, 429, 410, 422, 200];
    const port = await http((_, response) => {
      response.writeHead(answers.shift() ?? 200, { "retry-after": "7", location: "http://127.0.0.1/" }).end("content");
    });
    const url = `http://127.0.0.1:${port}/`;
    const failed = (status: number) => ({ type: "failed", outcome: `HTTP ${status}`, lost: false, retryAfterMs: 7000 });
    expect(await send(url)).toEqual(failed(500));
    expect(await send(url)).toEqual(failed(503));
    const away = { type: "failed", lost: false, retryAfterMs: 7_000 };
    expect(await send(url)).toEqual({
      ...away,
      outcome: "HTTP 404：该地址没有接收方 / nobody receives at this address",
    });
    expect(await send(url)).toEqual({
      ...away,
      outcome: "HTTP 301：被重定向，不跟随 / redirected, which is not followed",
    });
    expect(await send(url)).toEqual(failed(429));
    expect(await send(url)).toEqual({ type: "refused", outcome: "HTTP 410" });
    expect(await send(url)).toEqual({ type: "refused", outcome: "HTTP 422" });
    expect(await send(url)).toEqual({ type: "sent", outcome: "HTTP 200" });
  });

  it("says so when an answer may have been lost, and when nothing was sent", async () => {
    const cut = await http((request) => {
      void read(request).then(() => request.socket.destroy());
    });
    expect(await send(`http://127.0.0.1:${cut}/`)).toMatchObject({ type: "failed", lost: true });
    const silent = await http((request) => void read(request));
    const answer = await send(`http://127.0.0.1:${silent}/`, { timeoutMs: 150 });
    expect(answer).toEqual({ type: "failed", outcome: "timeout：时限内没有答复 / no answer in time", lost: true });
    const closed = await http(() => undefined);
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    const refused = await send(`http://127.0.0.1:${closed}/`);
    expect(refused).toEqual({
      type: "failed",
      outcome: "ECONNREFUSED：对方拒绝连接 / the connection was refused",
      lost: false,
    });
  });

  it("is broken off at once when the centre stops", async () => {
    const controller = new AbortController();
    const port = await http((request) => {
      void read(request).then(() => controller.abort());
    });
    const [channel] = await openChannels([settings(`http://127.0.0.1:${port}/`)], ports);
    const delivery = await channel?.send(outgoing(), controller.signal);
    const outcome = "stopped：中心停止，发送中断 / broken off because the centre stopped";
    expect(delivery).toEqual({ type: "failed", outcome, lost: true });
    expect(await channel?.send(outgoing(), controller.signal)).toMatchObject({ outcome, lost: false });
  });

  it("is not opened without TLS, without a secret, or twice under one name", async () => {
    const refused = (list: Parameters<typeof openChannels>[0]) => expect(openChannels(list, ports)).rejects;
    await refused([settings("http://duty.example.org/")]).toMatchObject({
      code: "CHANNEL_INVALID",
      field: "channels.url",
    });
    const missing = { secretFile: join(directory, "none") };
    await refused([settings("https://duty.example.org/", missing)]).toMatchObject({ field: "channels.secretFile" });
    writeFileSync(join(directory, "short"), "short");
    const short = { secretFile: join(directory, "short") };
    await refused([settings("https://duty.example.org/", short)]).toMatchObject({ field: "channels.secretFile" });
    const one = settings("https://duty.example.org/");
    await refused([one, one]).toMatchObject({
      code: "CHANNEL_INVALID",
      message: expect.stringContaining("two channels are called duty-room"),
    });
  });
});
