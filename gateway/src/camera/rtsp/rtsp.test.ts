import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorizationFor } from "./authorization.ts";
import { parseRtspAddress } from "./rtsp-address.ts";
import { type RtspAnswer, RtspReader } from "./rtsp-reader.ts";
import { readDescription, trackAddress } from "./stream-description.ts";

describe("digest authentication", () => {
  const mufasa = { user: "Mufasa", password: "Circle of Life" };
  const realm = 'realm="http-auth@example.org"';
  const nonce = 'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"';
  const opaque = 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const own = () => "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  const md5 = `Digest ${realm}, qop="auth, auth-int", algorithm=MD5, ${nonce}, ${opaque}`;
  const sha = `Digest ${realm}, qop="auth, auth-int", algorithm=SHA-256, ${nonce}, ${opaque}`;

  it("answers as in RFC 7616 §3.9.1", () => {
    const header = (challenge: string) =>
      authorizationFor([challenge], mufasa, own)?.authorization.header("GET", "/dir/index.html") ?? "";
    expect(header(md5)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
    expect(header(sha)).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
    expect(header(sha)).toContain("nc=00000001");
  });

  it("answers without qop as in RFC 2617 §3.5 with RFC 2069's formula", () => {
    const challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
    const login = { user: "Mufasa", password: "CircleOfLife" };
    const found = authorizationFor([challenge], login)?.authorization.header("GET", "/dir/index.html");
    // RFC 2069 erratum 749.
    expect(found).toContain('response="1949323746fe6a43ef61f9606e7febea"');
  });

  it("takes the strongest that is offered, whatever the order", () => {
    const header = authorizationFor(['Basic realm="x"', md5, sha], mufasa, own)?.authorization.header("GET", "/") ?? "";
    expect(header).toContain("algorithm=SHA-256");
    expect(authorizationFor(["Basic realm=x"], mufasa)?.authorization.header("GET", "/")).toBe(
      `Basic ${Buffer.from("Mufasa:Circle of Life").toString("base64")}`,
    );
    expect(authorizationFor(["Digest algorithm=FOO, nonce=1", "Negotiate"], mufasa)).toBeUndefined();
  });

  it("knows a stale nonce, counts uses, and never says the password", () => {
    expect(authorizationFor([`${md5}, stale=TRUE`], mufasa)?.stale).toBe(true);
    const { authorization } = authorizationFor([md5], mufasa, own) ?? {};
    expect(authorization?.header("GET", "/")).toContain("nc=00000001");
    const second = authorization?.header("GET", "/") ?? "";
    expect(second).toContain("nc=00000002");
    expect(second).not.toContain("Circle");
  });

  it("survives any challenge", () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 200 })), (texts) => void authorizationFor(texts, mufasa)));
  });
});

describe("addresses", () => {
  it("are read", () => {
    expect(parseRtspAddress("rtsp://192.168.1.64/Streaming/Channels/101?profile=1")).toEqual({
      ...{ secure: false, host: "192.168.1.64", port: 554 },
      uri: "rtsp://192.168.1.64/Streaming/Channels/101?profile=1",
    });
    expect(parseRtspAddress("rtsps://[fd00::1]:8554")).toMatchObject({ secure: true, host: "fd00::1", port: 8554 });
  });

  it.each([
    "http://192.168.1.64/",
    "file:///etc/passwd",
    "/tmp/x.mkv",
    "rtsp://admin:secret@192.168.1.64/",
    "rtsp://192.168.1.64/\r\nDESCRIBE x",
    "rtsp://192.168.1.64/ x",
    "rtsp://192.168.1.64:0/",
    "rtsp://192.168.1.64:99999/",
    "rtsp://$(reboot)/",
    "rtsp://a\\b/",
    "rtsp:///x",
    "",
    `rtsp://h/${"x".repeat(2_000)}`,
  ])("like %j are refused", (text) => {
    expect(() => parseRtspAddress(text)).toThrow(expect.objectContaining({ code: "CAMERA_ADDRESS_INVALID" }));
  });
});

describe("what a connection brings", () => {
  const answer =
    "RTSP/1.0 200 OK\r\nCSeq: 2\r\nWWW-Authenticate: a\r\nWWW-Authenticate: b\r\nContent-Length: 4\r\n\r\nbody";
  const stream = Buffer.concat([
    Buffer.from(answer),
    Buffer.from([0x24, 0, 0, 3, 1, 2, 3]),
    Buffer.from("\r\nOPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n"),
    Buffer.from([0x24, 1, 0, 0]),
  ]);
  const heard = (pieces: readonly Buffer[]) => {
    const all: unknown[] = [];
    const reader = new RtspReader({
      answer: ({ status, body, headers }: RtspAnswer) => void all.push([status, body, headers.get("www-authenticate")]),
      packet: (channel, bytes, start, end) => void all.push([channel, bytes.toString("hex", start, end)]),
      request: (method, sequence) => void all.push([method, sequence]),
    });
    // The memory is used again as soon as a piece was taken.
    const gulp = Buffer.alloc(32 * 1_024);
    const fine = pieces.every((piece) => {
      piece.copy(gulp);
      const isFine = reader.push(gulp.subarray(0, piece.length));
      gulp.fill(0xff);
      return isFine;
    });
    return { all, fine };
  };

  it("is the same however it is cut", () => {
    const whole = [
      [200, "body", ["a", "b"]],
      [0, "010203"],
      ["OPTIONS", "7"],
      [1, ""],
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (drawn) => {
        const cuts = [0, ...[...drawn].sort((a, b) => a - b), stream.length];
        const pieces = cuts.slice(1).map((end, at) => stream.subarray(cuts[at], end));
        expect(heard(pieces)).toEqual({ all: whole, fine: true });
      }),
    );
  });

  it("is refused when it is no RTSP, or endless", () => {
    expect(heard([Buffer.from("HTTP/1.1 200 OK\r\n\r\n")]).fine).toBe(false);
    expect(heard([Buffer.alloc(20_000, "a")]).fine).toBe(false);
    expect(heard([Buffer.from("RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n")]).fine).toBe(false);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void heard([Buffer.from(bytes)])));
  });
});

describe("descriptions", () => {
  const text = [
    ...["v=0", "s=x", "a=control:*", "m=audio 0 RTP/AVP 8", "a=control:trackID=1", "m=application 0 RTP/AVP 107"],
    ...["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:trackID=0"],
    "a=fmtp:96 packetization-mode=1;profile-level-id=4d401e;sprop-parameter-sets=Z01AHg==,aO48gA==",
  ].join("\r\n");

  it("say which tracks there are", () => {
    const { control, tracks } = readDescription(text);
    expect(control).toBe("*");
    expect(tracks.map(({ kind, codec, payloadType }) => [kind, codec, payloadType])).toEqual([
      ["audio", "pcma", 8],
      ["video", "h264", 96],
    ]);
    expect(tracks[1]?.parameterSets.map((set) => Buffer.from(set).toString("hex"))).toEqual(["674d401e", "68ee3c80"]);
  });

  it("name tracks relative to the base", () => {
    expect(trackAddress("rtsp://c/live/", "trackID=0")).toBe("rtsp://c/live/trackID=0");
    expect(trackAddress("rtsp://c/live", "trackID=0")).toBe("rtsp://c/live/trackID=0");
    expect(trackAddress("rtsp://c/live", "rtsp://c/live/video")).toBe("rtsp://c/live/video");
    expect(trackAddress("rtsp://c/live", "*")).toBe("rtsp://c/live");
  });

  it("survive any text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (any) => void readDescription(`m=video 0 RTP/AVP 96\r\n${any}`)),
    );
  });
});
