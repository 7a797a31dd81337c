// What the demo and its client say to each other, a line of JSON each.

export interface Target {
  /** What the screen calls it. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
}

export interface Knock {
  readonly target: Target;
  readonly outcome: string;
  readonly ms: number;
}

export type ClientCommand =
  | { readonly do: 'download'; readonly url: string }
  | { readonly do: 'hold'; readonly name: string; readonly target: Target }
  | { readonly do: 'ask' | 'release'; readonly name: string }
  | { readonly do: 'knock'; readonly targets: readonly Target[] }
  | { readonly do: 'load'; readonly url: string; readonly perSecond: number };

export type ClientEvent =
  | { readonly event: 'download-began' }
  | { readonly event: 'download-ended'; readonly whole: boolean }
  | { readonly event: 'held'; readonly name: string }
  | { readonly event: 'answered'; readonly name: string; readonly ok: boolean }
  | { readonly event: 'knocked'; readonly knocks: readonly Knock[] }
  | { readonly event: 'served'; readonly a: number; readonly b: number; readonly failed: number };
