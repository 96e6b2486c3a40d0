/** What the mark of a message means, by how its delivery stands. A state that is not known here is one. */
export const meaningOfDelivery = (state: string): "normal" | "attention" | "alarm" | "unknown" => {
  if (state === "sent" || state === "delivered") return "normal";
  if (state === "refused" || state === "expired" || state === "failed" || state === "undelivered") return "alarm";
  return state === "queued" ? "attention" : "unknown";
};
