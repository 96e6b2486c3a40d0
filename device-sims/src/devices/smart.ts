/** Devices that send by themselves over the gateway's LAN intake; the name is the protocol in their records. */
export const smartKinds = ["smart-scale", "smart-tester"] as const;
export type SmartKind = (typeof smartKinds)[number];

/** True for a kind of device that connects to the gateway, and is not connected to. */
export const isSmartKind = (kind: string): kind is SmartKind => (smartKinds as readonly string[]).includes(kind);
