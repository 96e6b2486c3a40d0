export { type MediaHint, mediaHint, viewingOff } from "./media-hint.ts";
export {
  type BeginMessage,
  beginMessage,
  type FromHub,
  fromHub,
  type GatewayMessage,
  gatewayMessage,
  type Played,
  type Quality,
  qualities,
  type ServerMessage,
  type Showing,
  showings,
  type ViewerMessage,
  viewerMessage,
} from "./media-messages.ts";
export {
  type MediaPacket,
  mediaKinds,
  mediaPacket,
  packetHeadBytes,
  readMediaPacket,
  writePacketHead,
} from "./media-packet.ts";
export { type ViewClaims, viewClaims } from "./view-claims.ts";
export { type TokenFault, ViewTokens } from "./view-tokens.ts";
export { ViewerGate, viewerLimits } from "./viewer-gate.ts";
