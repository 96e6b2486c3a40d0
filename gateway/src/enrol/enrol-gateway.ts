import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import {
  type EnrolmentCode,
  type EnrolmentResponse,
  enrolmentErrorSchema,
  enrolmentPath,
  enrolmentRequest,
  enrolmentResponseSchema,
  isCode,
  MingchengError,
  parseEnrolmentCode,
  type Signer,
  toHex,
  utf8,
} from "@mingcheng/protocols";
import { releasedAt } from "../clock/known-time.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadSigner } from "../crypto/signing-key.ts";
import { type Enrolment, keyFileName, readEnrolment, saveEnrolment } from "../identity/enrolment-file.ts";
import { type GatewayIdentity, identityDirectory, loadIdentity } from "../identity/identity.ts";
import { readKeyLogFile } from "../identity/key-log-file.ts";
import { openSecureSocket } from "../uplink/secure-socket.ts";
import { keyForEnrolment, prepareDirectory, settleKeys } from "./enrolment-key.ts";
import { certificateFingerprint, fetchAuthority } from "./fetch-authority.ts";
import { exchange } from "./secure-exchange.ts";

/** Options of {@link enrolGateway}. */
export interface EnrolGatewayOptions {
  readonly code: string;
  readonly dataDirectory: string;
  /** Allows a new key, or another centre, for a gateway that is enrolled already; never another gateway. */
  readonly replace: boolean;
}

const withinMs = 15_000;

const releasedMs = Date.parse(releasedAt);
/** Before the first answer of a centre nothing but the release vouches for the time. */
const clock = { isBehind: () => Date.now() < releasedMs, floorMs: () => releasedMs };

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @throws {MingchengError} ENROL_REFUSED, CENTRE_REFUSED */
const readAnswer = (status: number, text: string): EnrolmentResponse => {
  const value = parseJson(text);
  if (status === 200) {
    const parsed = enrolmentResponseSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new MingchengError("CENTRE_REFUSED", "the answer is not as expected", {
      field: parsed.error.issues[0]?.path.join(".") ?? "body",
    });
  }
  const refusal = enrolmentErrorSchema.safeParse(value);
  const said = refusal.success ? (refusal.data.error.detail ?? refusal.data.error.message) : `status ${status}`;
  throw new MingchengError(status === 403 ? "ENROL_REFUSED" : "CENTRE_REFUSED", said);
};

const requestEnrolment = async (
  code: EnrolmentCode,
  signer: Signer,
  authority: X509Certificate,
): Promise<EnrolmentResponse> => {
  const at = { host: code.host, port: code.port };
  const socket = await openSecureSocket({ ...at, authorities: [authority.toString()], clock, withinMs });
  const body = enrolmentRequest(code, signer);
  const { status, text } = await exchange({ socket, at, method: "POST", path: enrolmentPath, body, withinMs });
  const answer = readAnswer(status, text);
  if (answer.gw !== code.gw)
    throw new MingchengError("CENTRE_REFUSED", "answered for another gateway", { field: "gw" });
  if (certificateFingerprint(new X509Certificate(answer.caPem)) !== code.caSha256) {
    throw new MingchengError("CENTRE_UNTRUSTED", "the answer names another authority", { field: "caPem" });
  }
  return answer;
};

/** What is enrolled here, when the code may go on with it. @throws {MingchengError} ENROL_IDENTITY_PRESENT */
const presentEnrolment = async (
  directory: string,
  code: EnrolmentCode,
  replace: boolean,
): Promise<Enrolment | undefined> => {
  const present = await readEnrolment(directory).catch((error: unknown) => {
    // What cannot be read can only be replaced, and only by somebody who says so.
    if (replace && isCode(error, "IDENTITY_DAMAGED")) return undefined;
    throw error;
  });
  if (present === undefined) return undefined;
  if (present.gw !== code.gw) {
    throw new MingchengError("ENROL_IDENTITY_PRESENT", `here is ${present.gw}, the code is for ${code.gw}`);
  }
  const isSameCentre = certificateFingerprint(new X509Certificate(present.caPem)) === code.caSha256;
  if (!isSameCentre && !replace) {
    throw new MingchengError("ENROL_IDENTITY_PRESENT", `${present.gw} is enrolled at another centre`);
  }
  return present;
};

/**
 * Enrols this gateway with a code: makes the key here, checks the centre's authority against the code before anything else
 * is sent, sends the public half over verified TLS, stores the answer. Run again with the same code after a lost answer,
 * it goes on where it stopped. With a new code for the same gateway the key stays, unless `replace` asks for another.
 * @throws {MingchengError} ENROL_CODE_INVALID, ENROL_IDENTITY_PRESENT, ENROL_REFUSED, CENTRE_UNREACHABLE,
 *   CENTRE_UNTRUSTED, CERTIFICATE_EXPIRED, CENTRE_REFUSED, KEY_INVALID, IDENTITY_DAMAGED
 */
export const enrolGateway = async (options: EnrolGatewayOptions): Promise<GatewayIdentity> => {
  const { dataDirectory, replace } = options;
  const { sha256 } = nodeCrypto;
  const code = parseEnrolmentCode(sha256, options.code);
  const directory = identityDirectory(dataDirectory);
  const present = await presentEnrolment(directory, code, replace);
  const authority = await fetchAuthority(code);
  await prepareDirectory(directory);
  const codeSha256 = toHex(sha256(utf8(code.secret)));
  const signer =
    present === undefined || replace
      ? await keyForEnrolment(directory, { gw: code.gw, codeSha256 })
      : await loadSigner(join(directory, keyFileName((await readKeyLogFile(directory)).successorOf(present.kid))));
  const answer = await requestEnrolment(code, signer, authority);
  const keyFile = keyFileName(signer.kid);
  await saveEnrolment(directory, { ...answer, caPem: authority.toString(), kid: signer.kid, keyFile });
  await settleKeys(directory, present === undefined || present.keyFile === keyFile ? undefined : present.keyFile);
  return loadIdentity(dataDirectory);
};
