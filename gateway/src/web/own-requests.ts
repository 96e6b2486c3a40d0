import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** How the local web is reached. */
export interface OwnNames {
  readonly secure: boolean;
  /** Names in lower case, besides addresses. */
  readonly names: ReadonlySet<string>;
  /** True where any address is accepted; else the loopback ones only. */
  readonly anyAddress: boolean;
}

const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

const hostOf = (text: string): string | undefined => {
  try {
    const url = new URL(`http://${text}`);
    // A name with anything behind it, or with a user before it, is no Host header.
    if (url.pathname !== "/" || url.username !== "" || url.search !== "" || text.includes("@")) return undefined;
    return url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  } catch {
    return undefined;
  }
};

/**
 * Whether a `Host` header names this gateway. A page lured here under a name of its own gets nothing (DNS rebinding). An
 * address typed by hand is no name that anybody can point elsewhere.
 */
export const isOwnHost = (header: string | undefined, { names, anyAddress }: OwnNames): boolean => {
  const host = header === undefined ? undefined : hostOf(header);
  if (host === undefined) return false;
  return loopbackNames.has(host) || names.has(host) || (anyAddress && isIP(host) !== 0);
};

/**
 * Whether a request that changes something comes from the gateway's own page, or from no browser at all. Browsers send
 * `Origin` with every such request, and scripts of other pages cannot change it.
 */
export const isOwnOrigin = (headers: IncomingHttpHeaders, { secure }: OwnNames): boolean => {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin, host } = headers;
  return origin === undefined || origin === `${secure ? "https" : "http"}://${host ?? ""}`;
};

/** A body of this type cannot be sent from another page without being asked about first. */
export const isJson = (headers: IncomingHttpHeaders): boolean =>
  /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "");
