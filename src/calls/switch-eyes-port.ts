/** A channel as a switch lists it. */
export type ListedChannel = {
  readonly uniqueid: string;
  readonly channel: string;
  readonly accountCode: string;
  readonly sbCall: string | null;
  readonly sbDirection: string | null;
  /** It was answered; when, a list does not say. */
  readonly isUp: boolean;
};

/** What one question to a switch brought; `complete` is false when the answer may lack channels, for what it `lacks`. */
export type ChannelList = {
  readonly channels: readonly ListedChannel[];
  readonly complete: boolean;
  readonly lacks?: string;
};

/** Questions to the switches. They read; nothing here changes a call. All reject when the switch cannot be asked. */
export type SwitchEyes = {
  /** Names the boot of this switch: another value means that no channel of the old one lives. */
  readonly boot: (server: string) => Promise<string>;
  readonly list: (server: string) => Promise<ChannelList>;
  /** Whether this channel lives, by one query of its own. */
  readonly lives: (server: string, uniqueid: string) => Promise<boolean>;
};
