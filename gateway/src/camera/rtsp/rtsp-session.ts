import { MingchengError } from "@mingcheng/protocols";
import type { CameraSubnets } from "../discovery/camera-subnets.ts";
import type { VideoCodec } from "../media/access-unit.ts";
import type { RtspLogin } from "./authorization.ts";
import { type DatagramTrack, openDatagramTrack } from "./datagram-track.ts";
import { openSocket } from "./open-socket.ts";
import { parseRtspAddress } from "./rtsp-address.ts";
import { RtspConnection } from "./rtsp-connection.ts";
import { type DescribedTrack, readDescription, trackAddress } from "./stream-description.ts";

/** What is asked of a camera. */
export interface SessionOptions {
  readonly address: string;
  readonly login: RtspLogin | undefined;
  readonly transport: "tcp" | "udp";
  /** False: sound is not even asked for. */
  readonly sound: boolean;
  readonly subnets: Pick<CameraSubnets, "includes">;
  /** For connecting and for each answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a session brings. */
export interface SessionSink {
  /** The stream was described; packets follow. */
  described(video: DescribedTrack & { readonly codec: VideoCodec }, sound: DescribedTrack | undefined): void;
  /** A packet lies in `bytes` from `start` to `end`, during the call only. */
  video(bytes: Buffer, start: number, end: number): void;
  sound(bytes: Buffer, start: number, end: number): void;
  /** How long what comes may wait before it is read, milliseconds. */
  restMs(): number;
  /** Once, after it was open: it ended, and why. */
  ended(reason: string): void;
}

type HearPacket = (bytes: Buffer, start: number, end: number) => void;

/** A session that plays. */
export interface RtspSession {
  /** Says good-bye, so that the camera frees its place at once, and ends. */
  close(): void;
}

const usualTimeoutSeconds = 60;
const byeMs = 500;

const isVideo = (track: DescribedTrack): track is DescribedTrack & { readonly codec: VideoCodec } =>
  track.kind === "video" && (track.codec === "h264" || track.codec === "h265");

interface Chosen {
  readonly video: DescribedTrack & { readonly codec: VideoCodec };
  readonly sound: DescribedTrack | undefined;
  readonly base: string;
  readonly aggregate: string;
}

const describe = async (connection: RtspConnection, uri: string, wantsSound: boolean): Promise<Chosen> => {
  const answer = await connection.request("DESCRIBE", uri, ["Accept: application/sdp"]);
  const { control, tracks } = readDescription(answer.body);
  const base = answer.headers.get("content-base")?.[0] ?? answer.headers.get("content-location")?.[0] ?? uri;
  const video = tracks.find(isVideo);
  if (video === undefined) {
    const offered = tracks.map(({ kind, name }) => `${kind} ${name}`).join(", ");
    throw new MingchengError("CAMERA_CODEC_UNUSABLE", offered === "" ? "no pictures" : offered);
  }
  const sound = wantsSound ? tracks.find(({ codec }) => codec === "pcma" || codec === "pcmu") : undefined;
  return { video, sound, base, aggregate: trackAddress(base, control) };
};

class OpenSession implements RtspSession {
  readonly #options: SessionOptions;
  readonly #sink: SessionSink;
  readonly #tracks: DatagramTrack[] = [];
  readonly #channels = new Map<number, HearPacket>();
  #connection: RtspConnection | undefined;
  #session: string | undefined;
  #uri = "";
  #keepAlive: NodeJS.Timeout | undefined;
  #timeoutSeconds = usualTimeoutSeconds;
  #isOpen = false;
  #isClosed = false;

  constructor(options: SessionOptions, sink: SessionSink) {
    this.#options = options;
    this.#sink = sink;
  }

  async open(): Promise<void> {
    const { address, login, subnets, timeoutMs, signal } = this.#options;
    const target = parseRtspAddress(address);
    const dialled = await openSocket(target, subnets, { timeoutMs, signal });
    const peer = (dialled.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const connection = new RtspConnection({
      ...{ dialled, login, timeoutMs },
      onPacket: (channel, bytes, start, end) => this.#channels.get(channel)?.(bytes, start, end),
      onEnd: (reason) => this.#ended(reason),
    });
    this.#connection = connection;
    const options = await connection.request("OPTIONS", target.uri);
    const methods = options.headers.get("public")?.join(",") ?? "";
    const chosen = await describe(connection, target.uri, this.#options.sound);
    this.#sink.described(chosen.video, chosen.sound);
    await this.#setUp(chosen.base, chosen.video, peer, (bytes, start, end) => this.#sink.video(bytes, start, end));
    if (chosen.sound !== undefined) {
      await this.#setUp(chosen.base, chosen.sound, peer, (bytes, start, end) => this.#sink.sound(bytes, start, end));
    }
    this.#uri = chosen.aggregate;
    await connection.request("PLAY", this.#uri, [`Session: ${this.#session ?? ""}`, "Range: npt=0.000-"]);
    this.#isOpen = true;
    dialled.pace(() => this.#sink.restMs());
    this.#stayAlive(methods.includes("GET_PARAMETER") ? "GET_PARAMETER" : "OPTIONS");
  }

  async #setUp(base: string, track: DescribedTrack, peer: string, onPacket: HearPacket): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const channel = this.#channels.size * 2;
    let transport = `Transport: RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
    if (this.#options.transport === "udp") {
      const ports = await openDatagramTrack((bytes) => onPacket(bytes, 0, bytes.length));
      this.#tracks.push(ports);
      ports.from(peer);
      transport = `Transport: RTP/AVP;unicast;client_port=${ports.rtpPort}-${ports.rtpPort + 1}`;
    }
    // Told before the answer: the first packets may come right behind it.
    this.#channels.set(channel, onPacket);
    const session = this.#session === undefined ? [] : [`Session: ${this.#session}`];
    const answer = await connection.request("SETUP", trackAddress(base, track.control), [transport, ...session]);
    const [, id, timeout] =
      /^([^;\s]{1,256})(?:.*;\s*timeout=(\d{1,5}))?/.exec(answer.headers.get("session")?.[0] ?? "") ?? [];
    this.#session ??= id;
    if (timeout !== undefined) this.#timeoutSeconds = Math.max(4, Number(timeout));
    const [, given] = /interleaved=(\d{1,3})/.exec(answer.headers.get("transport")?.[0] ?? "") ?? [];
    if (given !== undefined && Number(given) !== channel) {
      this.#channels.delete(channel);
      this.#channels.set(Number(given), onPacket);
    }
  }

  #stayAlive(method: string): void {
    const everyMs = (this.#timeoutSeconds * 1_000) / 2;
    this.#keepAlive = setInterval(() => {
      this.#connection?.tell(method, this.#uri, [`Session: ${this.#session ?? ""}`]);
    }, everyMs);
  }

  #ended(reason: string): void {
    this.#free();
    if (this.#isOpen && !this.#isClosed) this.#sink.ended(reason);
    this.#isClosed = true;
  }

  #free(): void {
    clearInterval(this.#keepAlive);
    for (const track of this.#tracks.splice(0)) track.close();
    this.#channels.clear();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#free();
    const connection = this.#connection;
    if (connection === undefined) return;
    const end = (): void => connection.close("not wanted any more");
    if (this.#session === undefined) {
      end();
      return;
    }
    const timer = setTimeout(end, byeMs);
    connection
      .request("TEARDOWN", this.#uri, [`Session: ${this.#session}`])
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
        end();
      });
  }
}

/**
 * Opens a session with a camera and plays it (RFC 2326): TCP in the same connection, or UDP. Nothing but pictures is asked
 * for, unless sound is wanted.
 * @throws {MingchengError} CAMERA_ADDRESS_INVALID, CAMERA_UNREACHABLE, CAMERA_PASSWORD_REFUSED, CAMERA_CODEC_UNUSABLE,
 * CAMERA_ANSWER_UNUSABLE
 */
export const openRtspSession = async (options: SessionOptions, sink: SessionSink): Promise<RtspSession> => {
  const session = new OpenSession(options, sink);
  try {
    await session.open();
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
};
