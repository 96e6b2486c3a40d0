import type { SetupDevice, SetupPort, SetupState } from "@mingcheng/protocols";
import { bestAddressOf } from "../detect/detect.ts";
import type { PortSurvey } from "../device-identity/port-finder.ts";
import { drivers } from "../drivers/index.ts";
import type { StatusDevice } from "../health/status-schema.ts";
import type { WebParts } from "./web-parts.ts";

const deviceView = (parts: WebParts, device: StatusDevice): SetupDevice => {
  const { id, protocol, address, insecureTransport, state, since, reason, lastFrameAt, lastCapturedAt } = device;
  const { captured, missed, quarantined, frames, next } = device;
  return {
    ...{ id, protocol, address, insecureTransport, state, since, reason, lastFrameAt, lastCapturedAt },
    ...{ captured, missed, quarantined, frames, next },
    name: drivers.find((driver) => driver.protocol === protocol)?.displayName ?? null,
    unidentified: parts.supervisor.deviceOf(id)?.unidentified ?? null,
  };
};

/** How the gateway stands, for the set-up page. */
export const stateView = (parts: WebParts): SetupState => {
  const status = parts.status();
  const { state, gw, site, centreName, software, uptimeMs, rssBytes, kid, clock, outbox, uplink } = status;
  return {
    at: parts.clock.wall(),
    ...{ state, gw, site, centreName, software, uptimeMs, rssBytes, kid, clock },
    outbox: {
      state: outbox.state,
      bufferedRecords: outbox.bufferedRecords,
      bufferedBytes: outbox.bufferedBytes,
      freeBytes: outbox.freeBytes,
      next: outbox.next,
    },
    quarantineFiles: status.capture.quarantine.files,
    uplink: {
      state: uplink.state,
      pending: uplink.pending,
      lastReceiptAt: uplink.lastReceiptAt,
      reconnects: uplink.reconnects,
      error: uplink.error,
      next: uplink.next,
    },
    devices: status.devices.map((device) => deviceView(parts, device)),
    configuration: { file: parts.file, version: parts.version() },
  };
};

const boundBy = (identity: string | null): SetupPort["boundBy"] => {
  if (identity === null) return "nothing";
  return identity.startsWith("usb:") ? "serial-number" : "socket";
};

/** Who is at which terminal: configured devices, and adapters that are captured as unidentified. */
export const occupants = (parts: WebParts, { present, found }: PortSurvey): ReadonlyMap<string, string> => {
  const at = new Map(Array.from(found, ([id, tty]) => [tty, id] as const));
  for (const { id, unidentified } of parts.supervisor.status()) {
    const port = present.find(({ byId, byPath, tty }) => [byId, byPath, tty].includes(unidentified?.path ?? ""));
    if (unidentified !== undefined && port !== undefined) at.set(port.tty, id);
  }
  return at;
};

/** Every serial port that is plugged in, and what is there. */
export const portsView = async (parts: WebParts): Promise<readonly SetupPort[]> => {
  const survey = await parts.finder.survey(parts.config().devices);
  const at = occupants(parts, survey);
  return survey.present.map((port) => ({
    tty: port.tty,
    byId: port.byId,
    byPath: port.byPath,
    best: port.identity === null ? port.tty : bestAddressOf(port),
    serialNumber: port.identity?.startsWith("usb:") === true ? (port.adapter?.serialNumber ?? null) : null,
    boundBy: boundBy(port.identity),
    device: at.get(port.tty) ?? null,
  }));
};
