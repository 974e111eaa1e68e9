/** How a switch looks from here, for health and metrics. */
export type SwitchStatus = {
  readonly server: string;
  readonly up: boolean;
  /** Why it is not up, or since when it is. */
  readonly why: string;
};
