import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tc3Authorization } from "./tc3-signature.ts";

interface Recorded {
  readonly secretId: string;
  readonly secretKey: string;
  readonly requests: readonly {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly authorization: string;
  }[];
}

const recorded = JSON.parse(readFileSync(new URL("fixtures/sdk-requests.json", import.meta.url), "utf8")) as Recorded;
const key = { id: recorded.secretId, secret: recorded.secretKey };

describe("TC3-HMAC-SHA256", () => {
  it("signs the published example as it is published", () => {
    const request = {
      ...{ service: "cvm", host: "cvm.tencentcloudapi.com", contentType: "application/json; charset=utf-8" },
      body: String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`,
      timestamp: 1_551_113_065,
    };
    const masked = { id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", secret: "Gu5t9xGARNpq86cd98joQYCN3*******" };
    expect(tc3Authorization(request, masked)).toBe(
      "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, " +
        "SignedHeaders=content-type;host, Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
    );
  });

  it.each(recorded.requests)(
    "signs what Tencent's own library signed, bit for bit: $body",
    ({ headers, body, authorization }) => {
      const request = {
        ...{ service: "sms", host: headers["host"] ?? "", contentType: headers["content-type"] ?? "", body },
        timestamp: Number(headers["x-tc-timestamp"]),
      };
      expect(tc3Authorization(request, key)).toBe(authorization);
      expect(tc3Authorization({ ...request, body: `${body} ` }, key)).not.toBe(authorization);
      expect(tc3Authorization({ ...request, timestamp: request.timestamp + 1 }, key)).not.toBe(authorization);
    },
  );
});
