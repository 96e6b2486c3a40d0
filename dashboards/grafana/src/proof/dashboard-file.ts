/** The part of a dashboard's JSON that the proofs look at. Whether a file is one at all is for Grafana's schema to say. */
export interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly time: { readonly from: string; readonly to: string };
  readonly refresh?: string;
  readonly editable: boolean;
  readonly panels: readonly PanelFile[];
  readonly links: readonly LinkFile[];
  readonly templating: { readonly list: readonly VariableFile[] };
}

export interface PanelFile {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly timeFrom?: string;
  readonly interval?: string;
  readonly datasource?: SourceFile;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetFile[];
  readonly options?: {
    readonly text?: { readonly titleSize?: number; readonly valueSize?: number };
  };
  readonly fieldConfig?: {
    readonly defaults: FieldFile;
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options?: unknown };
      readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
    }[];
  };
}

interface FieldFile {
  readonly unit?: string;
  readonly noValue?: string;
  readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
  readonly links?: readonly LinkFile[];
}

interface SourceFile {
  readonly type?: string;
  readonly uid?: string;
}

export interface LinkFile {
  readonly title: string;
  readonly url?: string;
  readonly includeVars?: boolean;
  readonly keepTime?: boolean;
}

export interface VariableFile {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly query?: string;
  readonly allValue?: string;
  readonly datasource?: SourceFile;
}

export interface TargetFile {
  readonly refId: string;
  readonly datasource?: SourceFile;
  readonly query: string;
  readonly resultFormat: string;
}
