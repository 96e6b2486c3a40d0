/** A stream as a simulated camera offers it by ONVIF. */
export interface OnvifProfile {
  readonly token: string;
  readonly name: string;
  readonly encoding: "H264" | "H265";
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
  readonly kbitPerSecond: number;
  readonly keyEvery: number;
  /** Where the stream is: `rtsp://…`. */
  readonly address: string;
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** An answer (SOAP 1.2), in the prefixes that cameras of a large maker use. */
const envelope = (header: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"><env:Header>${header}</env:Header><env:Body>${body}</env:Body></env:Envelope>`;

/** Who a camera says it is. */
export interface OnvifIdentity {
  readonly urn: string;
  readonly name: string;
  readonly hardware: string;
  /** Where it answers ONVIF. */
  readonly url: string;
}

/** Answer to a probe (WS-Discovery 2005/04 §5.3; ONVIF Core §7.3.2). */
export const probeMatches = (relatesTo: string, id: string, { urn, name, hardware, url }: OnvifIdentity): string =>
  envelope(
    `<wsa:MessageID>urn:uuid:${id}</wsa:MessageID><wsa:RelatesTo>${escaped(relatesTo)}</wsa:RelatesTo><wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action>`,
    `<d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>${urn}</wsa:Address></wsa:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/name/${encodeURIComponent(name)} onvif://www.onvif.org/hardware/${encodeURIComponent(hardware)}</d:Scopes><d:XAddrs>${escaped(url)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>`,
  );

const figures = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<tt:${name}>${value}</tt:${name}>`)
    .join("");

/** `GetSystemDateAndTimeResponse` (ONVIF Core §8.3.1). */
export const dateAndTime = (nowMs: number): string => {
  const at = new Date(nowMs);
  const time = { Hour: at.getUTCHours(), Minute: at.getUTCMinutes(), Second: at.getUTCSeconds() };
  const date = { Year: at.getUTCFullYear(), Month: at.getUTCMonth() + 1, Day: at.getUTCDate() };
  return envelope(
    "",
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time>${figures(time)}</tt:Time><tt:Date>${figures(date)}</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
  );
};

/** `GetCapabilitiesResponse` (ONVIF Core §8.1.2): where its media service is. */
export const capabilities = (mediaUrl: string): string =>
  envelope(
    "",
    `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>${escaped(mediaUrl)}</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`,
  );

const profileText = (profile: OnvifProfile): string => {
  const { token, name, encoding, widthPx, heightPx, framesPerSecond, kbitPerSecond, keyEvery } = profile;
  const size = figures({ Width: widthPx, Height: heightPx });
  const rate = figures({ FrameRateLimit: framesPerSecond, EncodingInterval: 1, BitrateLimit: kbitPerSecond });
  return `<trt:Profiles token="${escaped(token)}" fixed="true"><tt:Name>${escaped(name)}</tt:Name><tt:VideoEncoderConfiguration token="${escaped(token)}-encoder"><tt:Name>${escaped(name)}</tt:Name><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution>${size}</tt:Resolution><tt:RateControl>${rate}</tt:RateControl><tt:H264>${figures({ GovLength: keyEvery })}</tt:H264></tt:VideoEncoderConfiguration></trt:Profiles>`;
};

/** `GetProfilesResponse` (ONVIF Media §5.2.2). */
export const profilesAnswer = (profiles: readonly OnvifProfile[]): string =>
  envelope("", `<trt:GetProfilesResponse>${profiles.map(profileText).join("")}</trt:GetProfilesResponse>`);

/** `GetStreamUriResponse` (ONVIF Media §5.15.1). */
export const streamUri = (address: string): string =>
  envelope(
    "",
    `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${escaped(address)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`,
  );

/** A fault of the sender's (ONVIF Core §5.11.2). */
export const senderFault = (code: "NotAuthorized" | "InvalidArgVal" | "ActionNotSupported", reason: string): string =>
  envelope(
    "",
    `<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>ter:${code}</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">${escaped(reason)}</env:Text></env:Reason></env:Fault>`,
  );
