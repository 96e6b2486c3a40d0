import { describe, expect, it } from "vitest";
import { inWords } from "./in-words.ts";

describe("why there was no answer", () => {
  it.each([
    ["ECONNREFUSED", "ECONNREFUSED：对方拒绝连接 / the connection was refused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "DEPTH_ZERO_SELF_SIGNED_CERT：对方证书不受信任 / its certificate is not trusted"],
    ["HPE_INVALID_CONSTANT", "HPE_INVALID_CONSTANT：答复不是 HTTP / the answer is not HTTP"],
    ["no answer to AT+CMGS", "no answer to AT+CMGS：模块无应答 / the modem does not answer"],
    ["not SMPP: a unit of 3 octets", "not SMPP: a unit of 3 octets：对方不是短信中心 / the other side speaks no SMPP"],
  ])("is said in both languages: %s", (reason, words) => {
    expect(inWords(reason)).toBe(words);
  });

  it("stays as it is where it is in words already, or in no list", () => {
    expect(inWords("没有网络 / no network")).toBe("没有网络 / no network");
    expect(inWords("ESOMETHING")).toBe("ESOMETHING");
  });
});
