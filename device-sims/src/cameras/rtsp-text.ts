/** A request of a client (RFC 2326 §6). Names of headers in lower case. */
export interface RtspRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Takes whole requests from the front of what came in; interleaved packets of the client are passed over. */
export const takeRequests = (bytes: Buffer): { readonly requests: readonly RtspRequest[]; readonly rest: Buffer } => {
  const requests: RtspRequest[] = [];
  let rest = bytes;
  for (;;) {
    if (rest[0] === 0x24) {
      if (rest.length < 4 || rest.length < 4 + rest.readUInt16BE(2)) return { requests, rest };
      rest = rest.subarray(4 + rest.readUInt16BE(2));
      continue;
    }
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return { requests, rest };
    const [start = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    const [method = "", uri = ""] = start.split(" ");
    requests.push({ method, uri, headers });
    rest = rest.subarray(end + 4 + Number(headers.get("content-length") ?? 0));
  }
};
