import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import type { MarketView } from "@mingcheng/protocols";
import { offsetText } from "../clock/offset-text.ts";
import type { MarketScreenConfig } from "../config/market-screen-config.ts";
import { isLoopback } from "../config/web-config.ts";
import { certificateOf, fingerprintOf } from "../web/certificate-file.ts";
import { bytesOfFile, pageFiles } from "../web/page-files.ts";
import { DayBook } from "./day-book.ts";
import type { MarketScreenParts } from "./market-screen-parts.ts";
import { openMarketServer } from "./market-server.ts";
import { marketView } from "./market-view.ts";
import { PictureDoor } from "./picture-door.ts";
import { RequestPace } from "./request-pace.ts";
import type { ViewingBook } from "./viewing-book.ts";

/** The running screen. */
export interface MarketScreen {
  readonly url: string;
  /** Whether a token opens pictures for it. */
  holds(token: string): boolean;
  /** Shows other notices and stalls from now on. */
  show(config: MarketScreenConfig): void;
  /** Other channels are switched off: nobody watches one of them any more. */
  viewingChanged(): void;
  close(): Promise<void>;
}

/** Where the build of this repository puts the page, as seen from this file (source or build). */
const pageDirectory = fileURLToPath(new URL("../../dist/market-page/", import.meta.url));

/** Many readers ask within a second: they are answered alike. */
const sameForMs = 500;

/**
 * Serves the market's public screen: read-only, nothing of persons, rate-limited, whether or not the centre can be reached. Plain
 * HTTP on loopback, TLS elsewhere. @throws {MingchengError} LISTEN_FAILED; the system's error when the data directory cannot be read
 */
export const openMarketScreen = async (
  first: MarketScreenConfig,
  parts: MarketScreenParts,
  viewing: Pick<ViewingBook, "isOff">,
  pages: string = pageDirectory,
): Promise<MarketScreen> => {
  let config = first;
  const { clock, log, dataDirectory } = parts;
  const secure = !isLoopback(config.host);
  const certificate = secure ? await certificateOf(dataDirectory, config.names, Date.parse(clock.wall())) : null;
  const files = pageFiles(pages, "market.html");
  const page = files.get("/");
  const build = page === undefined ? "" : createHash("sha256").update(bytesOfFile(page)).digest("hex").slice(0, 12);
  const timeText = offsetText(config.utcOffset);
  const book = new DayBook(parts, timeText);
  await book.ready();
  const isPublic = (channel: string): boolean => config.cameras.includes(channel) && !viewing.isOff(channel);
  const pictures = new PictureDoor(parts.view, isPublic);
  let kept: { readonly view: MarketView; readonly atMs: number } | undefined;
  const view = (): MarketView => {
    const now = clock.nowMs();
    if (kept === undefined || now - kept.atMs >= sameForMs)
      kept = { view: marketView({ config, isPublic, book, parts, timeText, build }), atMs: now };
    return kept.view;
  };
  const own = hostname().toLowerCase();
  const server = await openMarketServer(config, certificate, {
    ...{ files, view, pictures, pace: new RequestPace(() => clock.nowMs()) },
    names: { secure, names: new Set([...config.names, own, `${own}.local`]), anyAddress: secure },
    onFault: (error) => log.error({ err: error }, "market screen: a request could not be answered"),
  });
  const { host } = config;
  const url = `${secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
  const shown = certificate === null ? {} : { fingerprint: fingerprintOf(certificate.certPem) };
  log.info({ url, ...shown }, "market screen: served, open to everybody who can reach it");
  return {
    url,
    holds: (token) => pictures.holds(token),
    show: (next) => {
      const before = config;
      config = next;
      kept = undefined;
      // A channel that is public no more is not watched any more, either.
      if (before.cameras.some((channel) => !next.cameras.includes(channel))) pictures.cut();
    },
    viewingChanged: () => {
      kept = undefined;
      pictures.cut();
    },
    close: async () => {
      book.close();
      pictures.cut();
      await server.close();
    },
  };
};
