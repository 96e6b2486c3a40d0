import { describe, expect, it } from "vitest";
import { removed, scrubbed, secretsIn, withoutSecrets } from "./scrub.ts";

describe("scrubbing", () => {
  it("leaves out whatever stands under a secret's name, at any depth", () => {
    const value = {
      intake: { devices: [{ id: "scale-1", password: "hunter-22", apiKey: "k1", note: "kept" }] },
      wifi: { passphrase: "very secret" },
      credential: "c0ffee",
      keyId: "10ba682c8ad13513",
    };
    const clean = JSON.stringify(withoutSecrets(value));
    for (const secret of secretsIn(value)) expect(clean).not.toContain(secret);
    expect(secretsIn(value).sort()).toEqual(["c0ffee", "hunter-22", "k1", "very secret"]);
    expect(clean).toContain("kept");
    expect(clean).toContain("10ba682c8ad13513");
  });

  it.each([
    ["rtsp://admin:hunter22@10.0.0.7/stream", "hunter22"],
    ['{"password":"hunter22"}', "hunter22"],
    ["login with password=hunter22 failed", "hunter22"],
    ["密码：hunter22", "hunter22"],
    ["Authorization: Bearer abcdef123456", "abcdef123456"],
    ["-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIE\\n-----END PRIVATE KEY-----", "MC4CAQAwBQYDK2VwBCIEIE"],
    ["enrol --code mc1.eyJ2IjoxLCJob3N0Ijoi.0a1b2c3d", "eyJ2IjoxLCJob3N0Ijoi"],
    [JSON.stringify({ log: ['{"msg":"token: \\"hunter22\\""}'] }), "hunter22"],
  ])("finds what looks like one: %s", (text, secret) => {
    expect(scrubbed(text, [])).not.toContain(secret);
    expect(scrubbed(text, [])).toContain(removed);
  });

  it("finds known secrets as they are, and as JSON and addresses write them", () => {
    const secret = 'pa"ss/wörd';
    const text = JSON.stringify({
      plain: `x${secret}x`,
      url: encodeURIComponent(secret),
      deep: JSON.stringify({ secret }),
    });
    const clean = scrubbed(text, [secret]);
    expect(clean).not.toContain("wörd");
    expect(clean).not.toContain(encodeURIComponent("wörd"));
    expect(() => JSON.parse(clean)).not.toThrow();
  });

  it("stays JSON, whatever stood beside the secret", () => {
    const text = JSON.stringify({
      a: "password: x1y2z3, token=abc",
      b: { tokens: 5 },
      metrics: 'm{secret="abcdef"} 1',
    });
    expect(JSON.parse(scrubbed(text, ["abcdef"]))).toHaveProperty("b");
  });
});
