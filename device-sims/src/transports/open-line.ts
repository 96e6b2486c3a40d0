import { MingchengError } from "@mingcheng/protocols";
import { openPtyLine } from "./pty-line.ts";
import type { SimLine } from "./sim-line.ts";
import { openTcpLine } from "./tcp-line.ts";

/**
 * Opens a device's end of a line: `tcp://host:port` (port 0 chooses a free one) or `pty:/path/of/the/port`.
 * @throws {MingchengError} SIM_LINE_FAILED
 */
export const openLine = async (listen: string): Promise<SimLine> => {
  if (listen.startsWith("pty:/")) return openPtyLine(listen.slice("pty:".length));
  const match = /^tcp:\/\/([A-Za-z0-9._-]+):(\d{1,5})$/.exec(listen);
  if (match?.[1] === undefined || Number(match[2]) > 65_535) {
    throw new MingchengError("SIM_LINE_FAILED", `${listen}: expected tcp://host:port or pty:/path`, {
      field: "listen",
    });
  }
  try {
    return await openTcpLine(match[1], Number(match[2]));
  } catch (cause) {
    throw new MingchengError("SIM_LINE_FAILED", `${listen}: ${String(cause)}`, { field: "listen", cause });
  }
};
