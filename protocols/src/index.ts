export type * from "./api/index.ts";
export { alertSeverities, cameraViewings, mostPictures, userNamePattern, userRoles } from "./api/words.ts";
export * from "./barcodes/price-barcode.ts";
export * from "./bytes/bytes.ts";
export * from "./chain/chain.ts";
export * from "./chain/line.ts";
export * from "./chain/seal.ts";
export * from "./crypto/crypto-port.ts";
export * from "./crypto/key-id.ts";
export type * from "./devices/index.ts";
export * from "./errors/catalogue.ts";
export type { ErrorEntry } from "./errors/error-entry.ts";
export * from "./errors/mingcheng-error.ts";
export type * from "./evidence/index.ts";
export * from "./framing/checksums.ts";
export * from "./framing/discarded-event.ts";
export * from "./framing/frame-decoder.ts";
export type * from "./ingest/index.ts";
export * from "./judgement/assay-definition.ts";
export * from "./judgement/assay-verdict.ts";
export type * from "./link/index.ts";
export * from "./link/interval-set.ts";
export * from "./messages/authorities.ts";
export * from "./messages/batch.ts";
export * from "./messages/enrolment.ts";
export * from "./messages/key-log.ts";
export * from "./messages/link-messages.ts";
export * from "./messages/signed.ts";
export * from "./messages/topics.ts";
export { maxBytesBeforeConnack, maxPacketBytes, type PacketFault, PacketGauge } from "./mqtt/packet-gauge.ts";
export * from "./records/bodies.ts";
export * from "./records/camera-body.ts";
export type { MessageRef } from "./records/message-ref.ts";
export * from "./records/record.ts";
export * from "./records/record-time.ts";
export * from "./records/result-identity.ts";
export type { SaleBody } from "./records/sale-body.ts";
export * from "./settling/scale-state.ts";
export * from "./settling/settling.ts";
export type * from "./setup/camera-setup.ts";
export type * from "./setup/market-api.ts";
export type * from "./setup/setup-api.ts";
export * from "./timeseries/layout.ts";
export {
  type SeriesField,
  type SeriesFieldType,
  type SeriesMeasurement,
  type SeriesRetention,
  type SeriesTag,
  seriesTags,
  unknownItemTag,
  unplacedTag,
} from "./timeseries/layout-fields.ts";
export * from "./units/amount.ts";
export * from "./units/decimal.ts";
export * from "./units/mass.ts";
