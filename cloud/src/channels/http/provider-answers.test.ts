import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callAliyun } from "../aliyun-sms/aliyun-api.ts";
import { callTencent } from "../tencent-sms/tencent-api.ts";

let server: Server;
let answer = { status: 200, headers: {}, content: "" };

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(answer.status, answer.headers).end(answer.content));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const access = () => ({
  endpoint: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  ...{ key: { id: "id", secret: "secret" }, region: "ap-guangzhou", timeoutMs: 5_000, nowMs: () => 0 },
});
const signal = new AbortController().signal;
const tencent = (content: unknown) => {
  answer = { status: 200, headers: {}, content: JSON.stringify({ Response: content }) };
  return callTencent(access(), "PullSmsReplyStatus", {}, signal);
};
const aliyun = (content: unknown) => {
  answer = { status: 200, headers: {}, content: JSON.stringify(content) };
  return callAliyun(access(), "QuerySendDetails", {}, signal);
};

describe("an answer of a provider", () => {
  it("loses no reply that is handed out once because another one beside it cannot be read", async () => {
    const reply = { PhoneNumber: "+8613900001234", ReplyContent: "7431", ReplyTime: 1 };
    const said = await tencent({
      PullSmsReplyStatusSet: [{ ...reply, PhoneNumber: null }, reply, { ...reply, ReplyContent: "长".repeat(3_000) }],
    });
    if (said.type !== "said") throw new Error("not understood");
    expect(said.said.PullSmsReplyStatusSet.map(({ ReplyContent }) => ReplyContent.length)).toEqual([4, 2_000]);
  });

  it("may have null where there is nothing", async () => {
    expect(await tencent({ Error: null, PullSmsReplyStatusSet: null })).toMatchObject({
      said: { PullSmsReplyStatusSet: [] },
    });
    const receipt = { SerialNo: "s1", ReportStatus: "FAIL", Description: null, UserReceiveTime: null };
    expect(await tencent({ PullSmsSendStatusSet: [receipt] })).toMatchObject({
      said: { PullSmsSendStatusSet: [{ ...receipt, Description: "" }] },
    });
    const detail = { SendStatus: 3, ErrCode: null, OutId: null, ReceiveDate: null };
    expect(
      await aliyun({ Code: "OK", Message: null, SmsSendDetailDTOs: { SmsSendDetailDTO: [detail] } }),
    ).toMatchObject({
      said: { SmsSendDetailDTOs: { SmsSendDetailDTO: [detail] } },
    });
  });

  it.each([
    [302, {}, { lost: false }],
    [407, {}, { lost: false }],
    [429, { "retry-after": "30" }, { lost: false, retryAfterMs: 30_000 }],
    [429, {}, { lost: false, retryAfterMs: 60_000 }],
    [503, { "retry-after": "Thu, 01 Jan 1970 00:00:07 GMT" }, { lost: false, retryAfterMs: 7_000 }],
    [500, { "retry-after": "30" }, { lost: true }],
    [200, {}, { lost: true }],
  ])(
    "that is somebody else's, HTTP %d, says by its status whether the message may be out",
    async (status, headers, is) => {
      answer = { status, headers, content: "<html>" };
      for (const said of [
        await callAliyun(access(), "SendSms", {}, signal),
        await callTencent(access(), "SendSms", {}, signal),
      ]) {
        if (said.type !== "nothing") throw new Error("understood");
        expect(said.delivery).toEqual({
          type: "failed",
          outcome: expect.stringMatching(`^HTTP ${status}：.* / `),
          ...is,
        });
      }
    },
  );
});
