import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import type { Endpoint } from "../identity/identity.ts";
import { certificateFault } from "./certificate-check.ts";

/** What a secure connection needs to know about time. */
export interface CertificateClock {
  /** True while the system clock shows a time that cannot be. */
  isBehind(): boolean;
  /** Latest instant known to have passed, in milliseconds since 1970. */
  floorMs(): number;
}

/** Options of {@link openSecureSocket}. */
export interface SecureSocketOptions extends Endpoint {
  /** The only authority trusted. */
  readonly caPem: string;
  readonly clock: CertificateClock;
  /** For the whole of name look-up, connection and handshake. */
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Verification errors of OpenSSL come with such codes; errors of the network with others. */
const isDistrust = (error: NodeJS.ErrnoException): boolean => {
  const code = error.code ?? "";
  return (
    /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_)/.test(code) ||
    code === "UNSUITABLE_CERTIFICATE"
  );
};

const asOurs = (error: NodeJS.ErrnoException, at: string): MingchengError => {
  const code = isDistrust(error) ? "CENTRE_UNTRUSTED" : "CENTRE_UNREACHABLE";
  return new MingchengError(code, `${at}: ${error.code ?? error.message}`, { cause: error });
};

/** With a clock before the latest instant known to have passed, OpenSSL's verdict is replaced by ours. */
const faultWithoutClock = (socket: TLSSocket, options: SecureSocketOptions): string | undefined => {
  if (socket.authorized) return undefined;
  const reason = String(socket.authorizationError);
  if (reason !== "CERT_NOT_YET_VALID") return reason;
  // Once only: Node.js 20 hands the peer's certificate out a single time.
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return "no certificate";
  return certificateFault({
    leaf,
    authority: new X509Certificate(options.caPem),
    host: options.host,
    floorMs: options.clock.floorMs(),
  });
};

/**
 * Opens a TLS connection to a server whose certificate the pinned authority issued for this very host. TLS 1.2 at least,
 * no other authority, nothing is ever sent before the check. A certificate that is not valid *yet* passes only while the
 * system clock stands before an instant known to have passed; issuer, signature, name, use and end are then checked here.
 * @throws {MingchengError} CENTRE_UNTRUSTED, CENTRE_UNREACHABLE
 */
export const openSecureSocket = (options: SecureSocketOptions): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const { host, port, caPem, clock, withinMs, signal } = options;
    const at = `${host}:${port}`;
    const isBehind = clock.isBehind();
    const socket = connect({
      host,
      port,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ca: [caPem],
      minVersion: "TLSv1.2",
      rejectUnauthorized: !isBehind,
    });
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abandoned);
      socket.removeListener("error", failed);
    };
    const fail = (error: MingchengError): void => {
      done();
      // Late errors of a socket that is given up concern nobody.
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const failed = (error: NodeJS.ErrnoException): void => fail(asOurs(error, at));
    const abandoned = (): void => fail(new MingchengError("CENTRE_UNREACHABLE", `${at}: given up`));
    const timer = setTimeout(
      () => fail(new MingchengError("CENTRE_UNREACHABLE", `${at}: no answer in ${withinMs} ms`)),
      withinMs,
    );
    socket.on("error", failed);
    socket.once("secureConnect", () => {
      const fault = isBehind ? faultWithoutClock(socket, options) : undefined;
      if (fault !== undefined) return fail(new MingchengError("CENTRE_UNTRUSTED", `${at}: ${fault}`));
      done();
      socket.setNoDelay(true);
      resolve(socket);
    });
    if (signal?.aborted === true) abandoned();
    else signal?.addEventListener("abort", abandoned, { once: true });
  });
