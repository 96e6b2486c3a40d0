import { X509Certificate } from "node:crypto";
import { request as httpsRequest } from "node:https";
import {
  authorityPath,
  enrolmentPath,
  enrolmentRequest,
  enrolmentResponseSchema,
  fromHex,
  parseEnrolmentCode,
  type Signer,
  toHex,
} from "@mingcheng/protocols";
import type { BrokerAccess } from "./load-connection.ts";
import { newSigner, nodeCrypto } from "./node-crypto.ts";

/** What a load gateway got from its enrolment. Keys are raw Ed25519 public keys. */
export interface Enrolled {
  readonly gw: string;
  readonly signer: Signer;
  readonly receiptKey: Uint8Array;
  readonly manifestKey: Uint8Array;
  readonly access: BrokerAccess;
}

interface Asking {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** PEM; left out: whatever the other side shows is taken, and compared afterwards. */
  readonly ca?: string;
  readonly body?: string;
}

const ask = ({ host, port, path, ca, body }: Asking): Promise<string> =>
  new Promise((resolve, reject) => {
    const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
    const method = body === undefined ? "GET" : "POST";
    const headers = { "content-type": "application/json" };
    const asked = httpsRequest({ host, port, path, method, headers, ...trust, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });

const exactly = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();

/** Enrols a new load gateway with a code of `mingcheng-cloud gateway add`. @throws {Error} when the centre refuses */
export const enrolLoadGateway = async (code: string, signer: Signer = newSigner()): Promise<Enrolled> => {
  const parsed = parseEnrolmentCode(nodeCrypto.sha256, code);
  const { host, port } = parsed;
  const ca = await ask({ host, port, path: authorityPath });
  if (toHex(nodeCrypto.sha256(new X509Certificate(ca).raw)) !== parsed.caSha256) {
    throw new Error("the centre's certificate is not the one that the code names");
  }
  const body = JSON.stringify(enrolmentRequest(parsed, signer));
  const answer = enrolmentResponseSchema.parse(JSON.parse(await ask({ host, port, path: enrolmentPath, ca, body })));
  return {
    gw: answer.gw,
    signer,
    receiptKey: exactly(answer.receiptKey),
    manifestKey: exactly(answer.manifestKey),
    access: {
      url: `mqtts://${answer.mqtt.host}:${answer.mqtt.port}`,
      ca: answer.caPem,
      username: answer.gw,
      password: answer.credential,
    },
  };
};
