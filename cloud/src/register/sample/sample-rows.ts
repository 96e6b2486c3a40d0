/** Rows of one kind: the cells of its columns, then from and to. */
export type SampleRows = readonly (readonly string[])[];
