import { type CodedStream, nalType } from "./coded-stream.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const formatOf = ({ codec, parameterSets }: CodedStream): string => {
  if (codec === "h264") {
    const sps = parameterSets.find((nal) => nalType("h264", nal) === 7) ?? new Uint8Array();
    const profile = Buffer.from(sps.subarray(1, 4)).toString("hex");
    return `packetization-mode=1;profile-level-id=${profile};sprop-parameter-sets=${parameterSets.map(base64).join(",")}`;
  }
  const named = [
    ["sprop-vps", 32],
    ["sprop-sps", 33],
    ["sprop-pps", 34],
  ] as const;
  return named
    .map(
      ([name, type]) =>
        `${name}=${base64(parameterSets.find((nal) => nalType("h265", nal) === type) ?? new Uint8Array())}`,
    )
    .join(";");
};

/** What a camera says of its stream (RFC 4566; RFC 6184 §8.2.1, RFC 7798 §7.1). */
export const sessionDescription = (
  stream: CodedStream,
  { says, sound }: { readonly says: boolean; readonly sound: boolean },
): string => {
  const name = stream.codec === "h264" ? "H264" : "H265";
  return [
    ...["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=simulated camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"],
    ...["m=video 0 RTP/AVP 96", `a=rtpmap:96 ${name}/90000`],
    ...(says ? [`a=fmtp:96 ${formatOf(stream)}`] : []),
    ...["a=control:trackID=0"],
    ...(sound ? ["m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:trackID=1"] : []),
    "",
  ].join("\r\n");
};
