import type { Figure } from "../health/figure.ts";
import type { FollowerLoop } from "./follower-loop.ts";

/** Figures of one follower for `/metrics`. */
export const followerFigures = (name: string, loop: FollowerLoop): Figure[] => {
  const labels = { follower: name };
  const { faults, taken, refused } = loop.counts();
  const counter = (figure: string, help: string, value: number): Figure => ({
    name: `mingcheng_following_${figure}_total`,
    help,
    type: "counter",
    value,
    labels,
  });
  const gauge = (figure: string, help: string, value: number): Figure => ({
    name: `mingcheng_following_${figure}`,
    help,
    type: "gauge",
    value,
    labels,
  });
  const figures = [
    counter("records", "Ledger records taken since the start.", taken),
    counter("refused", "Records set apart since the start, because the follower could not use them.", refused),
    counter("faults", "Failed attempts since the start.", faults),
  ];
  const { follower } = loop;
  if (follower === undefined) return figures;
  const position = follower.position();
  return [
    ...figures,
    gauge("position", "Last ledger number whose effects are committed.", position),
    gauge("lag_records", "Ledger records not taken yet.", Math.max(0, follower.head() - position)),
    gauge("quarantined", "Records set apart, all in all.", follower.quarantined()),
    ...follower.figures(),
  ];
};
