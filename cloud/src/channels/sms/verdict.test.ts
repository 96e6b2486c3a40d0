import { describe, expect, it } from "vitest";
import { aliyunVerdict } from "../aliyun-sms/aliyun-codes.ts";
import { tencentVerdict } from "../tencent-sms/tencent-codes.ts";
import { wecomVerdict } from "../wecom/wecom-codes.ts";
import { deliveryOf } from "./verdict.ts";

const aliyun = (code: string, message = "") => deliveryOf(code, aliyunVerdict(code, message), "r");
const tencent = (code: string) => deliveryOf(code, tencentVerdict(code), "r");

describe("codes of providers", () => {
  it("tell a limit, which is waited for, from a fault, a refusal, and what needs somebody's hand", () => {
    const limit = (ms: number) => ({ type: "failed", lost: false, retryAfterMs: ms });
    expect(aliyun("OK")).toMatchObject({ type: "sent", receiptId: "r" });
    expect(aliyun("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1")).toMatchObject(limit(60_000));
    expect(aliyun("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5")).toMatchObject(limit(3_600_000));
    expect(aliyun("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50")).toMatchObject(limit(3_600_000));
    expect(aliyun("isv.BUSINESS_LIMIT_CONTROL", "")).toMatchObject(limit(60_000));
    expect(aliyun("Throttling.User")).toMatchObject(limit(10_000));
    expect(aliyun("isv.MOBILE_NUMBER_ILLEGAL")).toMatchObject({ type: "refused" });
    expect(aliyun("isv.AMOUNT_NOT_ENOUGH")).toMatchObject(limit(600_000));
    expect(aliyun("isp.SYSTEM_ERROR")).toEqual({
      ...{ type: "failed", lost: false },
      outcome: "isp.SYSTEM_ERROR：阿里云系统错误 / a fault of Aliyun's system",
    });
    expect(tencent("LimitExceeded.PhoneNumberThirtySecondLimit")).toMatchObject(limit(30_000));
    expect(tencent("LimitExceeded.PhoneNumberDailyLimit")).toMatchObject(limit(3_600_000));
    expect(tencent("LimitExceeded.SomethingNew")).toMatchObject(limit(60_000));
    expect(tencent("RequestLimitExceeded.UinLimitExceeded")).toMatchObject(limit(10_000));
    expect(tencent("FailedOperation.PhoneNumberInBlacklist")).toMatchObject({ type: "refused" });
    expect(tencent("AuthFailure.SignatureFailure")).toMatchObject(limit(600_000));
    expect(tencent("InternalError.Timeout")).toMatchObject({ type: "failed", lost: true });
    expect(deliveryOf("errcode 45009", wecomVerdict(45_009))).toMatchObject(limit(60_000));
    expect(deliveryOf("errcode 93000", wecomVerdict(93_000))).toMatchObject(limit(600_000));
  });

  it("keep a message when a code is in no list: somebody may mend it", () => {
    for (const delivery of [
      aliyun("isv.NEW"),
      tencent("FailedOperation.New"),
      deliveryOf("errcode 1", wecomVerdict(1)),
    ]) {
      expect(delivery).toMatchObject({ type: "failed", lost: false, retryAfterMs: 600_000 });
    }
  });
});
