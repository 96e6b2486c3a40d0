import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { CameraSubnets } from "./camera-subnets.ts";
import { allNamed, firstNamed, parseXml, type XmlElement, xmlText } from "./xml.ts";

/** How to ask a camera. */
export interface OnvifAccess {
  readonly onvifUrl: string;
  readonly subnets: CameraSubnets;
  readonly username: string;
  readonly password: string;
  readonly timeoutMs: number;
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** A stream that a camera offers. */
export interface OfferedStream {
  /** The camera's own name of the profile. */
  readonly profile: string;
  /** `H264`, `H265`, `JPEG`: as the camera says. */
  readonly encoding: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
  readonly kbitPerSecond: number;
  /** Pictures between key frames; 0: not said. */
  readonly keyEvery: number;
  /** Without user and password; null when it lies outside the cameras' networks. */
  readonly rtspUrl: string | null;
}

/** Why a camera did not tell. */
export type OnvifProblem =
  | "not-reached"
  | "timed-out"
  | "no-onvif"
  | "refused-password"
  | "clock-differs"
  | "foreign-address";

/** What a camera told, or why it did not. */
export type OnvifAnswer =
  | { readonly type: "streams"; readonly streams: readonly OfferedStream[]; readonly clockAheadMs: number | null }
  | { readonly type: "problem"; readonly problem: OnvifProblem; readonly detail: string };

const mostAnswerBytes = 512 * 1024;
/** Cameras refuse tokens whose time is further from theirs than about five minutes. */
const clockToleranceMs = 300_000;

class Problem extends Error {
  readonly problem: OnvifProblem;

  constructor(problem: OnvifProblem, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

const post = (
  { onvifUrl, timeoutMs }: OnvifAccess,
  path: URL,
  body: string,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const url = path.href === onvifUrl ? new URL(onvifUrl) : path;
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = {
      "content-type": "application/soap+xml; charset=utf-8",
      "content-length": Buffer.byteLength(body),
    };
    // A camera's certificate is its own; what it is trusted with is a digest of a nonce, never the password.
    const request = send(url, { method: "POST", headers, rejectUnauthorized: false, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > mostAnswerBytes) request.destroy(new Problem("no-onvif", "an answer without end"));
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    const timer = setTimeout(() => request.destroy(new Problem("timed-out", `${timeoutMs} ms`)), timeoutMs);
    request.on("close", () => clearTimeout(timer));
    request.on("error", (error) =>
      reject(
        error instanceof Problem ? error : new Problem("not-reached", (error as NodeJS.ErrnoException).code ?? ""),
      ),
    );
    request.end(body);
  });

/** WS-UsernameToken with digest: base64(SHA-1(nonce + created + password)) (OASIS WSS UsernameToken Profile 1.0 §3.1). */
const security = (username: string, password: string, createdMs: number): string => {
  if (username === "") return "";
  const nonce = randomBytes(16);
  const created = new Date(createdMs).toISOString();
  const digest = createHash("sha1").update(nonce).update(created).update(password, "utf8").digest("base64");
  const types = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";
  return `<w:Security xmlns:w="${types}-wssecurity-secext-1.0.xsd" xmlns:u="${types}-wssecurity-utility-1.0.xsd"><w:UsernameToken><w:Username>${xmlText(username)}</w:Username><w:Password Type="${types}-username-token-profile-1.0#PasswordDigest">${digest}</w:Password><w:Nonce EncodingType="${types}-soap-message-security-1.0#Base64Binary">${nonce.toString("base64")}</w:Nonce><u:Created>${created}</u:Created></w:UsernameToken></w:Security>`;
};

const envelope = (header: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:t="http://www.onvif.org/ver10/schema"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;

/** One camera's ONVIF services, with its own clock allowed for. */
class OnvifSession {
  readonly #access: OnvifAccess;
  #aheadMs: number | null = null;

  constructor(access: OnvifAccess) {
    this.#access = access;
  }

  get aheadMs(): number | null {
    return this.#aheadMs;
  }

  async #call(url: URL, body: string, signed: boolean): Promise<XmlElement> {
    const { username, password, nowMs } = this.#access;
    const header = signed ? security(username, password, nowMs() + (this.#aheadMs ?? 0)) : "";
    const { status, text } = await post(this.#access, url, envelope(header, body));
    const document = parseXml(text);
    const fault = firstNamed(document, "Fault");
    if (status === 401 || (fault !== undefined && /NotAuthorized|FailedAuthentication/i.test(text))) {
      const differs = Math.abs(this.#aheadMs ?? 0) > clockToleranceMs;
      throw new Problem(differs ? "clock-differs" : "refused-password", `HTTP ${status}`);
    }
    if (document?.name !== "Envelope" || status >= 400) throw new Problem("no-onvif", `HTTP ${status}`);
    return document;
  }

  /** The camera's clock beside ours; asked without a password (ONVIF Core §5.12.2.1: pre-authentication). */
  async readClock(url: URL): Promise<void> {
    const body = '<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>';
    const document = await this.#call(url, body, false).catch((error: unknown) => {
      if (error instanceof Problem && error.problem === "refused-password") return undefined;
      throw error;
    });
    const utc = firstNamed(document, "UTCDateTime");
    if (utc === undefined) return;
    const figure = (name: string): number => Number(firstNamed(utc, name)?.text);
    const [year, month, day] = ["Year", "Month", "Day"].map(figure);
    const [hour, minute, second] = ["Hour", "Minute", "Second"].map(figure);
    const ms = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
    if (Number.isFinite(ms)) this.#aheadMs = ms - this.#access.nowMs();
  }

  /** Address of the media service; most cameras answer everything at one. */
  async mediaUrl(url: URL): Promise<URL> {
    const body =
      '<GetCapabilities xmlns="http://www.onvif.org/ver10/device/wsdl"><Category>Media</Category></GetCapabilities>';
    const said = firstNamed(firstNamed(await this.#call(url, body, true), "Media"), "XAddr")?.text;
    if (said === undefined || !URL.canParse(said)) return url;
    const media = new URL(said);
    // Behind address translation cameras name an inner address: the path counts, the address is the one that answered.
    return /^https?:$/.test(media.protocol) ? new URL(media.pathname + media.search, url) : url;
  }

  async streams(media: URL): Promise<OfferedStream[]> {
    const document = await this.#call(media, '<GetProfiles xmlns="http://www.onvif.org/ver10/media/wsdl"/>', true);
    const streams: OfferedStream[] = [];
    for (const profile of allNamed(document, "Profiles").slice(0, 16)) {
      const token = profile.attributes["token"] ?? "";
      const encoder = firstNamed(profile, "VideoEncoderConfiguration");
      if (token === "" || encoder === undefined) continue;
      const figure = (name: string): number => {
        const value = Number(firstNamed(encoder, name)?.text);
        return Number.isFinite(value) ? value : 0;
      };
      streams.push({
        profile: (firstNamed(profile, "Name")?.text ?? token).slice(0, 64),
        encoding: (firstNamed(encoder, "Encoding")?.text ?? "").slice(0, 16),
        ...{ widthPx: figure("Width"), heightPx: figure("Height"), framesPerSecond: figure("FrameRateLimit") },
        ...{ kbitPerSecond: figure("BitrateLimit"), keyEvery: figure("GovLength") },
        rtspUrl: await this.#streamUrl(media, token),
      });
    }
    return streams;
  }

  async #streamUrl(media: URL, token: string): Promise<string | null> {
    const body = `<GetStreamUri xmlns="http://www.onvif.org/ver10/media/wsdl"><StreamSetup><t:Stream>RTP-Unicast</t:Stream><t:Transport><t:Protocol>RTSP</t:Protocol></t:Transport></StreamSetup><ProfileToken>${xmlText(token)}</ProfileToken></GetStreamUri>`;
    const said = firstNamed(await this.#call(media, body, true), "Uri")?.text;
    if (said === undefined || !URL.canParse(said)) return null;
    const url = new URL(said);
    if (!/^rtsps?:$/.test(url.protocol) || !this.#access.subnets.includes(url.hostname.replace(/^\[|\]$/g, "")))
      return null;
    url.username = "";
    url.password = "";
    return url.href;
  }
}

/**
 * Asks a camera which streams it offers, in the words an installer needs when it does not tell: not reached, no ONVIF there,
 * password refused, or its clock so wrong that it refuses every password. Never rejects; the password never leaves as such.
 */
export const askStreams = async (access: OnvifAccess): Promise<OnvifAnswer> => {
  const problem = (kind: OnvifProblem, detail: string): OnvifAnswer => ({ type: "problem", problem: kind, detail });
  if (!URL.canParse(access.onvifUrl)) return problem("no-onvif", "no address");
  const url = new URL(access.onvifUrl);
  if (!/^https?:$/.test(url.protocol) || !access.subnets.includes(url.hostname.replace(/^\[|\]$/g, ""))) {
    return problem("foreign-address", url.hostname);
  }
  const session = new OnvifSession(access);
  try {
    await session.readClock(url);
    const streams = await session.streams(await session.mediaUrl(url));
    return { type: "streams", streams, clockAheadMs: session.aheadMs };
  } catch (error) {
    if (error instanceof Problem) return problem(error.problem, error.message);
    throw error;
  }
};
