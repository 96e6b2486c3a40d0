import { randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import {
  authorityPath,
  type EnrolmentRequest,
  enrolmentPath,
  enrolmentProofVerifies,
  enrolmentRequestSchema,
  formatEnrolmentCode,
  fromHex,
  keyIdOf,
} from "@mingcheng/protocols";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { runEnrol } from "../src/commands/enrol.ts";
import { nodeCrypto } from "../src/crypto/node-crypto.ts";
import { certificateFingerprint } from "../src/enrol/fetch-authority.ts";
import { loadIdentity } from "../src/identity/identity.ts";
import { type Issued, TestAuthority } from "./harness/authority.ts";
import { temporaryDirectory } from "./harness/test-gateway.ts";

const tools = needs("openssl");
const hex = (): string => randomBytes(32).toString("hex");

describe.skipIf(tools.skip)(tools.title("enrolment"), () => {
  let base: Awaited<ReturnType<typeof temporaryDirectory>>;
  let authority: TestAuthority;
  let certified: Issued;
  let server: Server;
  let port: number;
  let data: string;
  let round = 0;
  /** Requests in the order in which they came: `GET /ca.pem`. */
  let requests: string[];
  let accepted: EnrolmentRequest[];
  let answersLost: number;
  let caPem: string;
  let answeredGw: string | undefined;
  const usedBy = new Map<string, string>();
  const receiptKey = hex();

  const enrolAt = (body: string): { status: number; answer: object } => {
    const request = enrolmentRequestSchema.parse(JSON.parse(body));
    const key = fromHex(request.publicKey) ?? new Uint8Array();
    const user = usedBy.get(request.secret) ?? request.publicKey;
    if (!enrolmentProofVerifies(nodeCrypto, key, request) || user !== request.publicKey) {
      return { status: 403, answer: { error: { code: "ENROL_REFUSED", message: "used", retryable: false } } };
    }
    usedBy.set(request.secret, request.publicKey);
    accepted.push(request);
    const keys = { receiptKey, commandKey: hex(), manifestKey: hex() };
    const mqtt = { host: "127.0.0.1", port: 8883 };
    const at = new Date().toISOString();
    const gw = answeredGw ?? request.gw;
    return {
      status: 200,
      answer: { v: 1, gw, credential: hex(), mqtt, ...keys, caPem, centreName: "市中心", site: "松柏", at },
    };
  };

  beforeAll(async () => {
    base = await temporaryDirectory();
    authority = new TestAuthority(`${base.dir}/ca`);
    certified = authority.server({ name: "centre" });
    server = createServer({ key: readFileSync(certified.keyPath), cert: certified.pem }, (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (request.url === authorityPath) return response.end(authority.issued.pem);
        if (request.url !== enrolmentPath) return response.writeHead(404).end();
        const { status, answer } = enrolAt(Buffer.concat(chunks).toString("utf8"));
        if (answersLost > 0) {
          answersLost--;
          return request.socket.destroy();
        }
        return response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterAll(async () => {
    server.close();
    await base.remove();
  });

  beforeEach(() => {
    data = `${base.dir}/data-${round++}`;
    requests = [];
    accepted = [];
    answersLost = 0;
    caPem = authority.issued.pem;
    answeredGw = undefined;
  });

  afterEach(() => usedBy.clear());

  const fingerprint = (pem: string): string => certificateFingerprint(new X509Certificate(pem));

  const codeFor = (gw: string, secret = hex(), caSha256 = fingerprint(authority.issued.pem)): string =>
    formatEnrolmentCode(nodeCrypto.sha256, { v: 1, host: "127.0.0.1", port, caSha256, gw, secret });

  const enrol = async (code: string, replace = false): Promise<string> => {
    const lines: string[] = [];
    const writeLine = (line: string) => Promise.resolve(void lines.push(line));
    await runEnrol({ code, data, replace }, { writeLine });
    return lines.join("\n");
  };

  const refusal = async (task: Promise<unknown>): Promise<string> => {
    const error = await task.then(
      () => undefined,
      (cause: unknown) => cause as { code?: string },
    );
    return error?.code ?? "none";
  };

  it("makes the key here, sends its public half, stores the answer closed to others", async () => {
    expect(await refusal(loadIdentity(data))).toBe("NOT_ENROLLED");
    const said = await enrol(codeFor("market-1"));
    const identity = await loadIdentity(data);
    expect(requests).toEqual([`GET ${authorityPath}`, `POST ${enrolmentPath}`]);
    expect(identity).toMatchObject({ gw: "market-1", site: "松柏", centreName: "市中心", mqtt: { port: 8883 } });
    expect(Buffer.from(identity.signer.publicKey).toString("hex")).toBe(accepted[0]?.publicKey);
    expect(Buffer.from(identity.receiptKey).toString("hex")).toBe(receiptKey);
    expect(fingerprint(identity.caPem)).toBe(fingerprint(authority.issued.pem));
    const files = await readdir(`${data}/identity`);
    expect(files.sort()).toEqual(["enrolment.json", `signing-${identity.signer.kid}.pem`]);
    for (const file of files) expect((await stat(`${data}/identity/${file}`)).mode & 0o777).toBe(0o600);
    expect((await stat(`${data}/identity`)).mode & 0o777).toBe(0o700);
    expect(said).toContain("market-1");
    // What a log or a dump would show of it.
    for (const text of [said, JSON.stringify(identity), inspect(identity, { depth: 5 })]) {
      expect(text).not.toContain(identity.credential);
      expect(text).not.toContain("PRIVATE KEY");
    }
  });

  it("sends nothing but the question for the certificate to a centre the code does not name", async () => {
    const stranger = new TestAuthority(`${base.dir}/stranger`);
    const code = codeFor("market-1", hex(), fingerprint(stranger.issued.pem));
    expect(await refusal(enrol(code))).toBe("CENTRE_UNTRUSTED");
    expect(requests).toEqual([`GET ${authorityPath}`]);
    expect(await refusal(loadIdentity(data))).toBe("NOT_ENROLLED");
  });

  it("goes on with the same key when the answer was lost", async () => {
    const code = codeFor("market-1");
    answersLost = 1;
    expect(await refusal(enrol(code))).toBe("CENTRE_UNREACHABLE");
    expect(accepted).toHaveLength(1);
    await enrol(code);
    expect(accepted[1]?.publicKey).toBe(accepted[0]?.publicKey);
    await enrol(code);
    expect(new Set(accepted.map(({ publicKey }) => publicKey)).size).toBe(1);
    expect((await loadIdentity(data)).gw).toBe("market-1");
  });

  it("keeps the key under a new code, and changes it only when told to", async () => {
    await enrol(codeFor("market-1"));
    const first = await loadIdentity(data);
    await enrol(codeFor("market-1"));
    const second = await loadIdentity(data);
    expect(second.signer.kid).toBe(first.signer.kid);
    expect(second.credential).not.toBe(first.credential);
    const replacing = codeFor("market-1");
    answersLost = 1;
    expect(await refusal(enrol(replacing, true))).toBe("CENTRE_UNREACHABLE");
    // Until the answer is here, the old identity holds.
    expect((await loadIdentity(data)).signer.kid).toBe(first.signer.kid);
    await enrol(replacing, true);
    const third = await loadIdentity(data);
    expect(third.signer.kid).not.toBe(first.signer.kid);
    expect(third.signer.kid).toBe(
      keyIdOf(nodeCrypto.sha256, fromHex(accepted[2]?.publicKey ?? "") ?? new Uint8Array()),
    );
    expect(await readdir(`${data}/identity`)).toHaveLength(2);
  });

  it("never takes the place of another gateway, nor of another centre unasked", async () => {
    await enrol(codeFor("market-1"));
    requests = [];
    expect(await refusal(enrol(codeFor("market-2")))).toBe("ENROL_IDENTITY_PRESENT");
    expect(await refusal(enrol(codeFor("market-2"), true))).toBe("ENROL_IDENTITY_PRESENT");
    const elsewhere = codeFor("market-1", hex(), "0".repeat(64));
    expect(await refusal(enrol(elsewhere))).toBe("ENROL_IDENTITY_PRESENT");
    expect(requests).toEqual([]);
    expect((await loadIdentity(data)).gw).toBe("market-1");
  });

  it("refuses answers that do not fit the code", async () => {
    answeredGw = "market-9";
    expect(await refusal(enrol(codeFor("market-1")))).toBe("CENTRE_REFUSED");
    answeredGw = undefined;
    caPem = new TestAuthority(`${base.dir}/third`).issued.pem;
    expect(await refusal(enrol(codeFor("market-1")))).toBe("CENTRE_UNTRUSTED");
    const secret = hex();
    usedBy.set(secret, hex());
    expect(await refusal(enrol(codeFor("market-1", secret)))).toBe("ENROL_REFUSED");
    expect(await refusal(enrol("mc1.abc.def"))).toBe("ENROL_CODE_INVALID");
    expect(await refusal(loadIdentity(data))).toBe("NOT_ENROLLED");
  });

  it("says what is wrong with what it finds", async () => {
    await enrol(codeFor("market-1"));
    const { signer } = await loadIdentity(data);
    const [enrolment, key] = [`${data}/identity/enrolment.json`, `${data}/identity/signing-${signer.kid}.pem`];
    await chmod(key, 0o644);
    expect(await refusal(loadIdentity(data))).toBe("KEY_INVALID");
    await chmod(key, 0o600);
    await chmod(enrolment, 0o640);
    expect(await refusal(loadIdentity(data))).toBe("KEY_INVALID");
    await chmod(enrolment, 0o600);
    const text = await readFile(enrolment, "utf8");
    await writeFile(enrolment, text.slice(0, text.length / 2));
    expect(await refusal(loadIdentity(data))).toBe("IDENTITY_DAMAGED");
    await writeFile(enrolment, text.replace('"gw"', '"gateway"'));
    expect(await refusal(loadIdentity(data))).toBe("IDENTITY_DAMAGED");
    // A damaged enrolment is no dead end.
    await enrol(codeFor("market-1"), true);
    expect((await loadIdentity(data)).gw).toBe("market-1");
  });
});
