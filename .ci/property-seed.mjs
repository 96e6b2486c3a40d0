// Property tests draw the same cases in every run, so that a red run is red again; FC_SEED=<n> draws others. The long,
// ever new runs are benchmarks: fuzz, simulate, mutations, kill.
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_260_517) });
