/** What the uplink counted since the start. */
export interface DriverCounts {
  refusedDownlinks: number;
  bytesSent: number;
  batchesSent: number;
  recordsSent: number;
  freedRecords: number;
}

/** Nothing yet. */
export const noCounts: Readonly<DriverCounts> = {
  refusedDownlinks: 0,
  bytesSent: 0,
  batchesSent: 0,
  recordsSent: 0,
  freedRecords: 0,
};
