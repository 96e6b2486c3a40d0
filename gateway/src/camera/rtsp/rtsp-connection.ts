import { MingchengError } from "@mingcheng/protocols";
import { type Authorization, authorizationFor, type RtspLogin } from "./authorization.ts";
import type { PacedSocket } from "./paced-socket.ts";
import { type RtspAnswer, RtspReader } from "./rtsp-reader.ts";

/** What a connection is made with. */
export interface ConnectionOptions {
  readonly dialled: PacedSocket;
  readonly login: RtspLogin | undefined;
  readonly timeoutMs: number;
  /** A packet lies in `bytes` from `start` to `end`, during the call only. */
  readonly onPacket: (channel: number, bytes: Buffer, start: number, end: number) => void;
  /** Once: it ended, and why. */
  readonly onEnd: (reason: string) => void;
}

interface Pending {
  readonly resolve: (answer: RtspAnswer) => void;
  readonly reject: (error: MingchengError) => void;
  readonly timer: NodeJS.Timeout;
}

/** One line of a request: nothing in it can begin another. */
const clean = (text: string): string => text.replace(/[^\x20-\x7e]/g, "");

const unreachable = (reason: string): MingchengError => new MingchengError("CAMERA_UNREACHABLE", reason);

/** Requests and answers over one connection (RFC 2326), signed as the camera asks. */
export class RtspConnection {
  readonly #options: ConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  #sequence = 0;
  #authorization: Authorization | undefined;
  #ended = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { dialled } = options;
    const { socket } = dialled;
    const reader = new RtspReader({
      answer: (answer) => this.#answered(answer),
      packet: options.onPacket,
      request: (_method, sequence) => {
        if (/^\d{1,10}$/.test(sequence)) socket.write(`RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\n\r\n`);
      },
    });
    dialled.listen((bytes) => {
      if (!reader.push(bytes)) this.close("what it says is no RTSP");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => this.close(error.code ?? error.message));
    socket.on("close", () => this.close("it closed the connection"));
  }

  /**
   * Asks, and once more with the password when the camera wants one.
   * @throws {MingchengError} CAMERA_PASSWORD_REFUSED, CAMERA_UNREACHABLE, CAMERA_ANSWER_UNUSABLE
   */
  async request(method: string, uri: string, headers: readonly string[] = []): Promise<RtspAnswer> {
    let answer = await this.#send(method, uri, headers);
    // A second time where only the nonce was old; a wrong password is not tried again: cameras lock accounts.
    for (let tries = 0; answer.status === 401 && tries < 2; tries++) {
      const { login } = this.#options;
      const found =
        login === undefined ? undefined : authorizationFor(answer.headers.get("www-authenticate") ?? [], login);
      const isFirst = this.#authorization === undefined;
      if (found === undefined || !(isFirst || found.stale)) break;
      this.#authorization = found.authorization;
      answer = await this.#send(method, uri, headers);
    }
    if (answer.status === 401 || answer.status === 403) {
      const why =
        this.#options.login === undefined ? "it asks for a user and a password" : "it refuses user or password";
      throw new MingchengError("CAMERA_PASSWORD_REFUSED", why);
    }
    if (answer.status !== 200) {
      throw new MingchengError("CAMERA_ANSWER_UNUSABLE", `${method}: ${answer.status} ${clean(answer.reason)}`);
    }
    return answer;
  }

  /** Asks without waiting for the answer. */
  tell(method: string, uri: string, headers: readonly string[] = []): void {
    this.#send(method, uri, headers).catch(() => undefined);
  }

  #send(method: string, uri: string, headers: readonly string[]): Promise<RtspAnswer> {
    const { timeoutMs } = this.#options;
    const { socket } = this.#options.dialled;
    if (this.#ended) return Promise.reject(unreachable("the connection has ended"));
    const sequence = ++this.#sequence;
    const target = clean(uri).replaceAll(" ", "%20");
    const authorization = this.#authorization;
    const lines = [
      `${method} ${target} RTSP/1.0`,
      ...[`CSeq: ${sequence}`, "User-Agent: Mingcheng"],
      ...(authorization === undefined ? [] : [`Authorization: ${authorization.header(method, target)}`]),
      ...headers.map(clean),
    ];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(sequence);
        reject(unreachable(`no answer to ${method}`));
      }, timeoutMs);
      this.#pending.set(sequence, { resolve, reject, timer });
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    });
  }

  #answered(answer: RtspAnswer): void {
    const sequence = Number(answer.headers.get("cseq")?.[0]);
    const pending = this.#pending.get(sequence);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    this.#pending.delete(sequence);
    pending.resolve(answer);
  }

  /** Ends it at once. */
  close(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(unreachable(reason));
    }
    this.#pending.clear();
    this.#options.dialled.socket.destroy();
    this.#options.onEnd(reason);
  }
}
