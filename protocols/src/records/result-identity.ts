import type { TestBody } from "./bodies.ts";

/**
 * What makes two results the same statement of one instrument, as one line of text: everything the instrument said
 * about it, nothing the gateway added. An instrument that sends a result again sends this again.
 */
export const resultIdentityText = (body: TestBody): string =>
  JSON.stringify([
    body.protocol,
    body.instrument.name,
    body.instrument.serial,
    body.specimenId,
    body.item,
    body.assay.code,
    body.value,
    body.unit,
    body.flags,
    body.status,
    body.startedAt,
    body.completedAt,
    ...(body.channel === undefined ? [] : [body.channel]),
  ]);
