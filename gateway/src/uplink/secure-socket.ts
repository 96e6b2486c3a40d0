import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import type { Endpoint } from "../identity/identity.ts";
import { type CertificateFault, certificateFaultOf } from "./certificate-check.ts";

/** What a secure connection needs to know about time. */
export interface CertificateClock {
  /** True while the system clock shows a time that cannot be. */
  isBehind(): boolean;
  /** Latest instant known to have passed, in milliseconds since 1970. */
  floorMs(): number;
}

/** Options of {@link openSecureSocket}. */
export interface SecureSocketOptions extends Endpoint {
  /** The only authorities trusted. */
  readonly authorities: readonly string[];
  readonly clock: CertificateClock;
  /** For the whole of name look-up, connection and handshake. */
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The connection stands; it rests on certificates of which the first ends then, milliseconds since 1970. */
  onCertificate?(endsMs: number | null): void;
}

/** Verification errors of OpenSSL come with such codes; errors of the network with others. */
const isDistrust = (error: NodeJS.ErrnoException): boolean => {
  const code = error.code ?? "";
  return (
    /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_)/.test(code) ||
    code === "UNSUITABLE_CERTIFICATE"
  );
};

/** A certificate that has ended is told apart: what helps is another than with a stranger's. */
const codeOf = (error: NodeJS.ErrnoException) => {
  if (error.code === "CERT_HAS_EXPIRED") return "CERTIFICATE_EXPIRED";
  return isDistrust(error) ? "CENTRE_UNTRUSTED" : "CENTRE_UNREACHABLE";
};

const asOurs = (error: NodeJS.ErrnoException, at: string): MingchengError => {
  const code = codeOf(error);
  return new MingchengError(code, `${at}: ${error.code ?? error.message}`, { cause: error });
};

/** With a clock before the latest instant known to have passed, OpenSSL's verdict is replaced by ours. */
const faultWithoutClock = (
  socket: TLSSocket,
  leaf: X509Certificate | undefined,
  options: SecureSocketOptions,
): CertificateFault | undefined => {
  const reason = String(socket.authorizationError);
  if (reason === "CERT_HAS_EXPIRED") return { expired: true, reason };
  if ((!socket.authorized && reason !== "CERT_NOT_YET_VALID") || leaf === undefined) return { expired: false, reason };
  // Also what OpenSSL lets pass: by the latest known instant it may have ended.
  const { host, clock } = options;
  const claims = options.authorities.map((pem) => ({ leaf, authority: new X509Certificate(pem), host }));
  return certificateFaultOf(claims.map((claim) => ({ ...claim, floorMs: clock.floorMs() })));
};

/** When the first of the certificates that a connection rests on ends: the server's, or the authority's that issued it. */
const endsAtMs = (leaf: X509Certificate | undefined, authorities: readonly string[]): number | null => {
  if (leaf === undefined) return null;
  const issuer = authorities.map((pem) => new X509Certificate(pem)).find((authority) => leaf.checkIssued(authority));
  const ends = [leaf, ...(issuer === undefined ? [] : [issuer])].map(({ validTo }) => Date.parse(validTo));
  return Math.min(...ends);
};

/**
 * Opens a TLS connection to a server whose certificate a trusted authority issued for this very host. TLS 1.2 at least,
 * no other authority, nothing is ever sent before the check. A certificate that is not valid *yet* passes only while the
 * system clock stands before an instant known to have passed; issuer, signature, name, use and end are then checked here.
 * @throws {MingchengError} CENTRE_UNTRUSTED, CERTIFICATE_EXPIRED, CENTRE_UNREACHABLE
 */
export const openSecureSocket = (options: SecureSocketOptions): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const { host, port, authorities, clock, withinMs, signal } = options;
    const at = `${host}:${port}`;
    const isBehind = clock.isBehind();
    const socket = connect({
      host,
      port,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ca: [...authorities],
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
      // Once only: Node.js 20 hands the peer's certificate out a single time.
      const leaf = socket.getPeerX509Certificate();
      const fault = isBehind ? faultWithoutClock(socket, leaf, options) : undefined;
      if (fault !== undefined) {
        const code = fault.expired ? "CERTIFICATE_EXPIRED" : "CENTRE_UNTRUSTED";
        return fail(new MingchengError(code, `${at}: ${fault.reason}`));
      }
      done();
      options.onCertificate?.(endsAtMs(leaf, authorities));
      socket.setNoDelay(true);
      resolve(socket);
    });
    if (signal?.aborted === true) abandoned();
    else signal?.addEventListener("abort", abandoned, { once: true });
  });
