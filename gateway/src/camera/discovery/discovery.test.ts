import { createHash } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { CameraSubnets, usualSubnets } from "./camera-subnets.ts";
import { askStreams, type OnvifAccess } from "./onvif-client.ts";
import { probeCameras, readProbeMatches } from "./ws-discovery.ts";
import { parseXml } from "./xml.ts";

const subnets = new CameraSubnets(usualSubnets);
const nowMs = Date.parse("2026-11-25T04:00:00Z");
const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  for (const socket of sockets.splice(0)) socket.close();
});

/** An answer like those of two large makers: other prefixes, several addresses, scopes with escapes. */
const probeMatch = (relates: string, xaddrs: string): string => `<?xml version="1.0" encoding="utf-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<SOAP-ENV:Header><wsa:RelatesTo>${relates}</wsa:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<wsa:EndpointReference><wsa:Address>urn:uuid:cam-1</wsa:Address></wsa:EndpointReference>
<d:Scopes>onvif://www.onvif.org/name/%E5%8E%A8%E6%88%BF onvif://www.onvif.org/hardware/IPC-123</d:Scopes>
<d:XAddrs>${xaddrs}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`;

describe("looking for cameras", () => {
  it("finds a camera that answers, once, however often it answers", async () => {
    const camera = createSocket("udp4");
    sockets.push(camera);
    await new Promise<void>((resolve) => camera.bind(0, "127.0.0.1", resolve));
    camera.on("message", (message, { address, port }) => {
      const id = /<a:MessageID>(urn:uuid:[^<]+)</.exec(message.toString())?.[1] ?? "";
      const answer = probeMatch(id, "http://10.9.9.9/onvif/device_service http://127.0.0.1:8899/onvif/device_service");
      for (let times = 0; times < 3; times++) camera.send(answer, port, address);
    });
    const target = { address: "127.0.0.1", port: camera.address().port };
    const found = await probeCameras({ subnets, from: ["127.0.0.1"], waitMs: 300, target });
    expect(found).toEqual([
      {
        ...{ urn: "urn:uuid:cam-1", address: "127.0.0.1", name: "厨房", hardware: "IPC-123" },
        onvifUrl: "http://127.0.0.1:8899/onvif/device_service",
      },
    ]);
  });

  it("believes no answer to another question, and no address outside the cameras' networks", () => {
    const ids = new Set(["q-1"]);
    const read = (message: string) => readProbeMatches(message, "192.168.1.64", { ids, subnets });
    const own = "http://192.168.1.64/onvif/device_service";
    expect(read(probeMatch("urn:uuid:q-1", own))).toHaveLength(1);
    expect(read(probeMatch("urn:uuid:q-2", own))).toEqual([]);
    for (const foreign of [
      "http://8.8.8.8/",
      "http://metadata.internal/",
      "file:///etc/passwd",
      "http://a:b@10.0.0.1/",
    ]) {
      expect(read(probeMatch("urn:uuid:q-1", foreign)), foreign).toEqual([]);
    }
  });

  it("survives whatever a stranger sends", () => {
    const ids = new Set(["q"]);
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>';
    expect(parseXml(bomb)).toBeUndefined();
    expect(parseXml("<a>".repeat(100_000))).toBeUndefined();
    const valid = probeMatch("urn:uuid:q", "http://10.0.0.1/");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(valid.length), fc.nat(40), (noise, at, length) => {
        const damaged = valid.slice(0, at) + noise + valid.slice(at + length);
        for (const message of [noise, damaged]) {
          expect(readProbeMatches(message, "10.0.0.1", { ids, subnets }).length).toBeLessThan(2);
        }
      }),
    );
  });
});

interface FakeCamera {
  readonly password: string;
  readonly clockMs: number;
  /** What it says its stream is. */
  readonly rtsp: string;
}

/** A camera that checks the digest by its own clock, and answers in the words of the specification's examples. */
const fakeCamera = async ({ password, clockMs, rtsp }: FakeCamera): Promise<string> => {
  const soap = (body: string): string =>
    `<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="d" xmlns:trt="m" xmlns:tt="t"><env:Body>${body}</env:Body></env:Envelope>`;
  const trusted = (body: string): boolean => {
    const part = (tag: string): string => new RegExp(`<\\w:${tag}[^>]*>([^<]*)<`).exec(body)?.[1] ?? "";
    const created = part("Created");
    const digest = createHash("sha1")
      .update(Buffer.from(part("Nonce"), "base64"))
      .update(created + password);
    return digest.digest("base64") === part("Password") && Math.abs(Date.parse(created) - clockMs) < 300_000;
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const time = new Date(clockMs);
      if (body.includes("GetSystemDateAndTime")) {
        const [date, clock] = [time.toISOString().slice(0, 10).split("-"), time.toISOString().slice(11, 19).split(":")];
        response.end(
          soap(
            `<tds:R><tt:UTCDateTime><tt:Time><tt:Hour>${clock[0]}</tt:Hour><tt:Minute>${clock[1]}</tt:Minute><tt:Second>${clock[2]}</tt:Second></tt:Time><tt:Date><tt:Year>${date[0]}</tt:Year><tt:Month>${date[1]}</tt:Month><tt:Day>${date[2]}</tt:Day></tt:Date></tt:UTCDateTime></tds:R>`,
          ),
        );
      } else if (!trusted(body)) {
        response.statusCode = 400;
        response.end(soap("<env:Fault><env:Code><env:Value>ter:NotAuthorized</env:Value></env:Code></env:Fault>"));
      } else if (body.includes("GetCapabilities")) {
        response.end(soap("<tds:R><tt:Media><tt:XAddr>http://192.168.99.99/onvif/media</tt:XAddr></tt:Media></tds:R>"));
      } else if (body.includes("GetProfiles")) {
        expect(request.url).toBe("/onvif/media");
        response.end(
          soap(
            '<trt:R><trt:Profiles token="main_1"><tt:Name>mainStream</tt:Name><tt:VideoEncoderConfiguration><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>50</tt:GovLength></tt:H264></tt:VideoEncoderConfiguration></trt:Profiles></trt:R>',
          ),
        );
      } else response.end(soap(`<trt:R><tt:Uri>${rtsp}</tt:Uri></trt:R>`));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/onvif/device_service`;
};

const password = "S3cret <&> 厨房";
const access = (onvifUrl: string, rest: Partial<OnvifAccess> = {}): OnvifAccess => ({
  ...{ onvifUrl, subnets, username: "admin", password, timeoutMs: 5_000, nowMs: () => nowMs },
  ...rest,
});
const rtsp = "rtsp://admin:S3cret@192.168.1.64:554/Streaming/Channels/101";

describe("asking a camera for its streams", () => {
  it("says what it offers, without user and password, whatever inner address it names", async () => {
    const answer = await askStreams(access(await fakeCamera({ password, clockMs: nowMs, rtsp })));
    expect(answer).toEqual({
      type: "streams",
      clockAheadMs: 0,
      streams: [
        {
          ...{ profile: "mainStream", encoding: "H264", widthPx: 1920, heightPx: 1080, framesPerSecond: 25 },
          ...{ kbitPerSecond: 4096, keyEvery: 50, rtspUrl: "rtsp://192.168.1.64:554/Streaming/Channels/101" },
        },
      ],
    });
  });

  it("allows for a camera whose clock is years off", async () => {
    const clockMs = Date.parse("2000-01-01T00:00:00Z");
    const answer = await askStreams(access(await fakeCamera({ password, clockMs, rtsp })));
    expect(answer).toMatchObject({ type: "streams", clockAheadMs: clockMs - nowMs });
  });

  it("says what is wrong: password, clock, address, no camera there", async () => {
    const camera = await fakeCamera({ password, clockMs: nowMs, rtsp });
    const problem = async (of: OnvifAccess): Promise<string> => {
      const answer = await askStreams(of);
      return answer.type === "problem" ? answer.problem : answer.type;
    };
    expect(await problem(access(camera, { password: "wrong" }))).toBe("refused-password");
    const old = await fakeCamera({ password, clockMs: 0, rtsp });
    expect(await problem(access(old, { password: "wrong" }))).toBe("clock-differs");
    expect(await problem(access("http://8.8.8.8/onvif"))).toBe("foreign-address");
    expect(await problem(access("http://127.0.0.1:9/onvif", { timeoutMs: 2_000 }))).toBe("not-reached");
    const web = createServer((_, response) => response.end("<html><body>web page</body></html>"));
    servers.push(web);
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    expect(await problem(access(`http://127.0.0.1:${(web.address() as AddressInfo).port}/`))).toBe("no-onvif");
  });

  it("does not hand on a stream that lies outside the cameras' networks", async () => {
    const answer = await askStreams(access(await fakeCamera({ password, clockMs: nowMs, rtsp: "rtsp://8.8.8.8/1" })));
    expect(answer).toMatchObject({ streams: [{ rtspUrl: null }] });
  });
});
