import { isIP } from "node:net";
import { MingchengError } from "@mingcheng/protocols";

/** Where a camera's stream is. Never holds a password. */
export interface RtspAddress {
  readonly secure: boolean;
  /** Name or address, as written. */
  readonly host: string;
  readonly port: number;
  /** What is asked for: the address as written. */
  readonly uri: string;
}

const mostLength = 1_024;
const invalid = (reason: string): MingchengError =>
  new MingchengError("CAMERA_ADDRESS_INVALID", reason, { field: "address" });

/**
 * Reads the address of a stream. Only `rtsp:` and `rtsps:`; no user and no password, because addresses are shown.
 * @throws {MingchengError} CAMERA_ADDRESS_INVALID
 */
export const parseRtspAddress = (text: string): RtspAddress => {
  // Nothing that could end a line of the protocol, or look like another address to somebody else.
  if (text.length > mostLength || !/^[\x21-\x7e]+$/.test(text) || text.includes("\\")) throw invalid("not an address");
  const [, scheme = "", authority = "", path = ""] = /^(rtsps?):\/\/([^/?#]+)([/?][^#]*)?$/i.exec(text) ?? [];
  if (scheme === "") throw invalid("expected rtsp://host/path or rtsps://host/path");
  if (authority.includes("@")) throw invalid("user and password do not belong into the address");
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(authority) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) throw invalid("not a host");
  const secure = scheme.toLowerCase() === "rtsps";
  const number = port === undefined ? (secure ? 322 : 554) : Number(port);
  if (number < 1 || number > 65_535) throw invalid("not a port");
  return { secure, host, port: number, uri: `${scheme.toLowerCase()}://${authority}${path}` };
};
