import {
  authorityPath,
  type EnrolmentError,
  type EnrolmentResponse,
  enrolmentPath,
  enrolmentProofVerifies,
  enrolmentRequestSchema,
  explain,
  fromHex,
  MingchengError,
  toHex,
} from "@mingcheng/protocols";
import type { FastifyInstance } from "fastify";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { GatewayRegister } from "../register/gateway-register.ts";

/** What an enrolled gateway is told about the centre. Keys are raw Ed25519 public keys. */
export interface CentreCard {
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly receiptKey: Uint8Array;
  readonly commandKey: Uint8Array;
  readonly manifestKey: Uint8Array;
  readonly authorityPem: string;
  readonly centreName: string;
}

/** Options of {@link enrolRoutes}. */
export interface EnrolOptions {
  readonly register: GatewayRegister;
  readonly card: CentreCard;
  readonly nowMs: () => number;
  /** Tells of every enrolment and every refusal. Never carries a secret. */
  onAttempt(attempt: { readonly gw: string; readonly address: string; readonly error: string | null }): void;
}

const failure = (error: unknown): { status: number; body: EnrolmentError } => {
  const known = error instanceof MingchengError ? error : new MingchengError("CENTRE_FAULT", "enrolment failed");
  const message = `${explain(known, "zh")} / ${explain(known, "en")}`;
  const status = known.code === "ENROL_REFUSED" ? 403 : known.code === "INPUT_INVALID" ? 400 : 500;
  return { status, body: { error: { code: known.code, message, detail: known.message, retryable: known.retryable } } };
};

const enrol = ({ register, card, nowMs }: EnrolOptions, body: unknown): EnrolmentResponse => {
  const parsed = enrolmentRequestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MingchengError("INPUT_INVALID", issue?.message ?? "not a request", {
      field: issue?.path.join(".") ?? "body",
    });
  }
  const request = parsed.data;
  const key = fromHex(request.publicKey);
  if (key === undefined || !enrolmentProofVerifies(nodeCrypto, key, request)) {
    throw new MingchengError("ENROL_REFUSED", "the proof of the key does not verify");
  }
  const { credential, site, replaces } = register.enrol(request.gw, request.secret, request.publicKey, nowMs());
  return {
    v: 1,
    gw: request.gw,
    credential,
    mqtt: card.mqtt,
    receiptKey: toHex(card.receiptKey),
    commandKey: toHex(card.commandKey),
    manifestKey: toHex(card.manifestKey),
    caPem: card.authorityPem,
    centreName: card.centreName,
    site,
    ...(replaces ? { replaces } : {}),
    at: new Date(nowMs()).toISOString(),
  };
};

/**
 * Routes that work without a login: the authority's certificate, and enrolment with a single-use code. The code's secret
 * has 256 bits, so that guessing is no way in.
 */
export const enrolRoutes = (app: FastifyInstance, options: EnrolOptions): void => {
  app.get(authorityPath, { config: { access: "public", scope: "none" } }, (_request, reply) =>
    reply.type("application/x-pem-file").send(options.card.authorityPem),
  );
  app.post(enrolmentPath, { config: { access: "public", scope: "none" }, bodyLimit: 8 * 1024 }, (request, reply) => {
    const named = enrolmentRequestSchema.shape.gw.safeParse((request.body as { gw?: unknown } | null)?.gw);
    const attempt = { gw: named.success ? named.data : "unreadable", address: request.ip };
    try {
      const answer = enrol(options, request.body);
      options.onAttempt({ ...attempt, error: null });
      return reply.send(answer);
    } catch (error) {
      const { status, body } = failure(error);
      options.onAttempt({ ...attempt, error: body.error.code });
      return reply.status(status).send(body);
    }
  });
};
