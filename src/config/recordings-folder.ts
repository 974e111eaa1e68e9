/**
 * What no folder of recordings may have in its name: Asterisk takes these characters for the ends of arguments of its
 * MixMonitor.
 */
export const recordingsFolderRule = {
  pattern: /^[^\p{Cc},()[\]{}|&<>"'`$;\\^]{1,300}$/u,
  says: "must be a folder without , ( ) [ ] { } | & < > \" ' ` $ ; ^ \\ in its name",
};
