import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accountKeys } from "./account-files.ts";
import { acs3Fault } from "./acs3-check.ts";
import { type HttpProviders, type ProviderKeys, startHttpProviders } from "./http-providers.ts";
import type { ProviderRequest } from "./provider-request.ts";
import { type AcceptedMessage, ProviderState } from "./provider-state.ts";
import { SendCounter } from "./send-limits.ts";
import { tc3Fault } from "./tc3-check.ts";
import { codeOwner } from "./told-code.ts";
import { variableFault } from "./variable-rules.ts";

interface Recorded {
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly secretId?: string;
  readonly secretKey?: string;
  readonly requests: readonly {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly authorization: string;
  }[];
}

/** What the providers' own libraries sent, recorded; data only. */
const recorded = (provider: string): Recorded =>
  JSON.parse(
    readFileSync(
      new URL(`../../../cloud/src/channels/${provider}/fixtures/sdk-requests.json`, import.meta.url),
      "utf8",
    ),
  ) as Recorded;

const requestOf = ({ path, headers, body, authorization }: Recorded["requests"][number]): ProviderRequest => {
  const [plain = "/", query = ""] = path.split("?");
  return { method: "POST", path: plain, query, headers: new Map(Object.entries({ ...headers, authorization })), body };
};

const withHeader = (request: ProviderRequest, name: string, value: string): ProviderRequest => ({
  ...request,
  headers: new Map([...request.headers, [name, value]]),
});

describe("the check of signatures", () => {
  it("accepts what Aliyun's own library signed, and nothing that was changed after", async () => {
    const { accessKeyId = "", accessKeySecret = "", requests } = recorded("aliyun-sms");
    const account = { id: accessKeyId, secret: accessKeySecret };
    for (const request of requests.map(requestOf)) {
      expect(await acs3Fault(request, account)).toBeUndefined();
      expect(await acs3Fault({ ...request, query: `${request.query}1` }, account)).toBe("SignatureDoesNotMatch");
      expect(await acs3Fault({ ...request, body: "x" }, account)).toBe("IncompleteSignature");
      expect(await acs3Fault(withHeader(request, "x-acs-date", "2026-11-25T18:00:56Z"), account)).toBe(
        "SignatureDoesNotMatch",
      );
      expect(await acs3Fault(withHeader(request, "x-acs-extra", "1"), account)).toBe("IncompleteSignature");
      expect(await acs3Fault(request, { ...account, secret: `${accessKeySecret}0` })).toBe("SignatureDoesNotMatch");
      expect(await acs3Fault(request, { ...account, id: "other" })).toBe("InvalidAccessKeyId.NotFound");
      expect(await acs3Fault(withHeader(request, "authorization", "Basic x"), account)).toBe("IncompleteSignature");
    }
  });

  it("accepts what Tencent's own library signed, and nothing that was changed after", async () => {
    const { secretId = "", secretKey = "", requests } = recorded("tencent-sms");
    const account = { id: secretId, secret: secretKey };
    for (const request of requests.map(requestOf)) {
      const atMs = Number(request.headers.get("x-tc-timestamp")) * 1_000;
      expect(await tc3Fault(request, account, atMs)).toBeUndefined();
      expect(await tc3Fault({ ...request, body: `${request.body} ` }, account, atMs)).toBe(
        "AuthFailure.SignatureFailure",
      );
      expect(await tc3Fault(request, { ...account, secret: "other" }, atMs)).toBe("AuthFailure.SignatureFailure");
      expect(await tc3Fault(request, { ...account, id: "other" }, atMs)).toBe("AuthFailure.SecretIdNotFound");
      expect(await tc3Fault(request, account, atMs + 301_000)).toBe("AuthFailure.SignatureExpire");
      expect(await tc3Fault(withHeader(request, "authorization", ""), account, atMs)).toBe(
        "AuthFailure.SignatureFailure",
      );
    }
  });
});

describe("the rules of variables", () => {
  it("name what a provider does not take", () => {
    expect(variableFault("松柏市场 3.21kg", 35)).toBeUndefined();
    expect(variableFault("", 35)).toBe("empty");
    expect(variableFault("一二三四五六七", 6)).toBe("too-long");
    for (const link of ["http://a.b", "www.x", "shop.example.com", "a.cn/x"])
      expect(variableFault(link, 35)).toBe("link");
    for (const phone of ["13900001234", "2010000"]) expect(variableFault(phone, 35)).toBe("telephone");
    expect(variableFault("【官方】", 35)).toBe("character");
  });
});

describe("limits", () => {
  it("count what was taken within their window only", () => {
    const counter = new SendCounter();
    const limits = [
      { windowMs: 60_000, most: 1 },
      { windowMs: 3_600_000, most: 2 },
    ];
    expect(counter.take("a", limits, 0)).toBeUndefined();
    expect(counter.take("a", limits, 59_999)).toBe(limits[0]);
    expect(counter.take("b", limits, 59_999)).toBeUndefined();
    expect(counter.take("a", limits, 60_000)).toBeUndefined();
    expect(counter.take("a", limits, 600_000)).toBe(limits[1]);
    expect(counter.take("a", limits, 3_600_000)).toBeUndefined();
  });
});

describe("the providers over HTTP", () => {
  let dir: string;
  let keys: ProviderKeys;
  let state: ProviderState;
  let providers: HttpProviders;
  let accepted: AcceptedMessage[];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "mc-providers-"));
    accepted = [];
    state = new ProviderState(
      () => Date.parse("2026-11-25T18:00:55Z"),
      (message) => accepted.push(message),
    );
    const { accessKeyId = "", accessKeySecret = "" } = recorded("aliyun-sms");
    keys = { ...accountKeys(dir), aliyun: { id: accessKeyId, secret: accessKeySecret } };
    providers = await startHttpProviders(state, keys, 0);
  });

  afterEach(async () => {
    await providers.stop();
    rmSync(dir, { recursive: true });
  });

  const robot = (key: string, message: unknown): Promise<Response> =>
    fetch(`${providers.url}/cgi-bin/webhook/send?key=${key}`, { method: "POST", body: JSON.stringify(message) });
  const text = (content: string) => ({ msgtype: "text", text: { content } });
  const control = (method: string, path: string, content?: unknown, token = keys.control): Promise<Response> =>
    fetch(`${providers.url}/control/${path}`, {
      ...{ method, headers: { authorization: `Bearer ${token}` } },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });

  it("keep their keys over restarts, readable by their owner only", () => {
    expect(accountKeys(dir)).toEqual(accountKeys(dir));
    expect(accountKeys(join(dir, "other")).wecom).not.toBe(keys.wecom);
  });

  it("do not take the same request twice, nor an old one", async () => {
    const [request] = recorded("aliyun-sms").requests;
    if (request === undefined) throw new Error("nothing was recorded");
    // The host is part of what was signed; fetch would put its own.
    const played = async (): Promise<unknown> => {
      const { answerAsAliyun } = await import("./aliyun-endpoint.ts");
      return (await answerAsAliyun(state, keys.aliyun, requestOf(request))).content;
    };
    expect(await played()).toMatchObject({ Code: "isv.SMS_SIGNATURE_ILLEGAL" });
    expect(await played()).toMatchObject({ Code: "SignatureNonceUsed" });
    state.advance(16 * 60_000);
    expect(await played()).toMatchObject({ Code: "InvalidTimeStamp.Expired" });
  });

  it("play a robot with its limit and its codes", async () => {
    expect(await (await robot("wrong", text("x"))).json()).toMatchObject({ errcode: 93_000 });
    expect(await (await robot(keys.wecom, { msgtype: "image" })).json()).toMatchObject({ errcode: 40_008 });
    expect(await (await robot(keys.wecom, text("字".repeat(683)))).json()).toMatchObject({ errcode: 45_002 });
    for (let index = 0; index < 20; index++) await robot(keys.wecom, text(`m${index}`));
    expect(await (await robot(keys.wecom, text("one more"))).json()).toMatchObject({ errcode: 45_009 });
    state.advance(60_000);
    expect(await (await robot(keys.wecom, text("later"))).json()).toMatchObject({ errcode: 0 });
    expect(accepted).toHaveLength(21);
  });

  it("behave as told, for as many requests as told", async () => {
    expect((await control("PUT", "behaviour", { answer: "lost", count: 1 })).status).toBe(200);
    await expect(robot(keys.wecom, text("lost"))).rejects.toThrow();
    expect(accepted).toMatchObject([{ text: "lost", answered: false }]);
    expect((await robot(keys.wecom, text("kept"))).status).toBe(200);
    await control("PUT", "behaviour", { answer: "45033" });
    expect(await (await robot(keys.wecom, text("x"))).json()).toMatchObject({ errcode: 45_033 });
    expect((await control("PUT", "behaviour", { answer: "Throtling-user" })).status).toBe(400);
    for (const [code, provider] of [
      ["isv.AMOUNT_NOT_ENOUGH", "aliyun"],
      ["Throttling.User", "aliyun"],
      ["SignatureDoesNotMatch", "aliyun"],
      ["RequestLimitExceeded", "tencent"],
      ["LimitExceeded.PhoneNumberDailyLimit", "tencent"],
      ["-1", "wecom"],
      ["lost", undefined],
    ] as const) {
      expect([code, codeOwner(code)]).toEqual([code, provider]);
    }
    await control("PUT", "behaviour", { answer: "reset" });
    await expect(robot(keys.wecom, text("x"))).rejects.toThrow();
    expect(((await (await control("GET", "messages")).json()) as { messages: unknown[] }).messages).toHaveLength(2);
  });

  it("are told nothing without the token, nothing that is not understood", async () => {
    expect((await control("GET", "messages", undefined, "guess")).status).toBe(401);
    expect((await control("PUT", "behaviour", { answer: "lost", wrong: 1 })).status).toBe(400);
    expect((await control("GET", "nothing")).status).toBe(404);
    expect((await fetch(`${providers.url}/`, { method: "POST" })).status).toBe(404);
    expect(state.behaviour.answer).toBe("normal");
  });
});
