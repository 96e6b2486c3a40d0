type Meaning = "normal" | "attention" | "alarm" | "unknown" | "parked";

const meanings: Readonly<Record<string, Meaning>> = {
  ...{ sent: "normal", delivered: "normal", unconfirmed: "attention", queued: "attention" },
  ...{ undelivered: "alarm", refused: "alarm", expired: "alarm", unreachable: "alarm" },
  ...{ withdrawn: "parked", dropped: "parked" },
};

/** What the mark of a message means, by how its delivery stands; what is under way means nothing yet. */
export const meaningOfDelivery = (state: string): Meaning => meanings[state] ?? "unknown";
