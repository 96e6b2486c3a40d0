import type { CameraEventList, CameraList, CameraViewing, PublicCameraList, ViewToken } from "@mingcheng/protocols";
import type { ClipFiles, CommandList, CommandView } from "@mingcheng/protocols/commands";
import { createJsonRequest } from "@mingcheng/ui/data/json-request.ts";

const request = createJsonRequest({
  withinMs: 15_000,
  notItself: { code: "CENTRE_FAULT", zh: "中心没有正常应答", en: "the centre did not answer properly" },
});

/** Which camera: of which gateway. */
export interface CameraName {
  readonly gw: string;
  readonly channel: string;
}

/** Something that was ordered of a camera, with the files that it brought. */
export interface OrderedFile extends Pick<CommandView, "id" | "kind" | "state" | "by" | "orderedAt" | "reason"> {
  readonly files: readonly { readonly name: string; readonly url: string }[];
}

const shownOrders = 6;

const withFiles = async ({ gw, id, kind, state, by, orderedAt, reason }: CommandView): Promise<OrderedFile> => {
  const at = `/api/v1/gateways/${gw}/commands/${id}`;
  const order = { id, kind, state, by, orderedAt, reason };
  if (state !== "done") return { ...order, files: [] };
  if (kind === "camera-still") return { ...order, files: [{ name: "picture.jpg", url: `${at}/picture` }] };
  if (kind !== "camera-clip") return { ...order, files: [] };
  const { whole, files } = (await request("GET", `${at}/clip`)) as ClipFiles;
  return { ...order, files: whole ? files.map(({ name }) => ({ name, url: `${at}/clip/${name}` })) : [] };
};

/** The centre's API about cameras. Every call rejects with a `Problem`. */
export const cameraApi = {
  list: () => request("GET", "/api/v1/cameras") as Promise<CameraList>,
  token: (asked: CameraName & { readonly quality: string; readonly why: string }) =>
    request("POST", "/api/v1/cameras/view-tokens", asked) as Promise<ViewToken>,
  setViewing: (asked: CameraName & { readonly viewing: CameraViewing; readonly note: string }) =>
    request("POST", "/api/v1/cameras/viewing", asked),
  events: ({ gw, channel }: CameraName, span: { readonly from: string; readonly until: string }) =>
    request("GET", `/api/v1/cameras/${gw}/${channel}/events?${new URLSearchParams(span)}`) as Promise<CameraEventList>,
  /** Orders evidence from a gateway; for those who run the centre. */
  order: (gw: string, asked: { readonly kind: string; readonly body: object; readonly note: string }) =>
    request("POST", `/api/v1/gateways/${gw}/commands`, asked),
  /** What was ordered of a camera lately, the newest first; for those who see what is ordered. */
  ordered: async ({ gw, channel }: CameraName): Promise<readonly OrderedFile[]> => {
    const { commands } = (await request("GET", `/api/v1/gateways/${gw}/commands`)) as CommandList;
    const own = commands.filter(({ kind, body }) => kind.startsWith("camera-") && body["device"] === channel);
    return Promise.all(own.slice(0, shownOrders).map(withFiles));
  },
  publicList: () => request("GET", "/api/v1/public/cameras") as Promise<PublicCameraList>,
  publicToken: ({ gw, channel }: CameraName) =>
    request("POST", "/api/v1/public/cameras/view-tokens", { gw, channel }) as Promise<ViewToken>,
};

/** Name of a camera in an address: neither id can have a colon. */
export const cameraId = ({ gw, channel }: CameraName): string => `${gw}:${channel}`;

/** The camera of an address. */
export const cameraOf = (id: string): CameraName => {
  const [gw = "", channel = ""] = id.split(":");
  return { gw, channel };
};
