/**
 * What no folder of recordings may have in its name: Asterisk takes these characters for the ends of arguments of its
 * MixMonitor.
 */
export const recordingsFolderRule = {
  pattern: /^[^\p{Cc},()[\]{}|&<>"'`$;\\^]{1,300}$/u,
  says: "must be a folder without , ( ) [ ] { } | & < > \" ' ` $ ; ^ \\ in its name",
};

/** A byte that is no ASCII is written as three in a command to Asterisk, which takes 2,000. */
const MOST_BYTES = 400;

/** A folder's name has its bytes besides its characters: a letter that is not English is two to four. */
export const recordingsFolderLength = {
  fits: (folder: string): boolean => Buffer.byteLength(folder) <= MOST_BYTES,
  says: `must be a folder whose name has at most ${MOST_BYTES} bytes`,
};
