// What the peers without logic set on a channel: the same stamp and the same way on that our decision sets, so that
// all of them leave the call in one state.

/** Six variables, six commands. */
export const STAMP = [
  ["CHANNEL(accountcode)", "apex"],
  ["CHANNEL(peeraccount)", "apex"],
  ["__SB_TENANT", "apex"],
  ["__SB_CALL", "ast1-1795302581.1"],
  ["__SB_DIRECTION", "inbound"],
  ["SB_ACTION", "goto"],
] as const;

/** The same in one. */
export const MSET = `EXEC MSet "${STAMP.map(([name, value]) => `${name}=${value}`).join(",")}"\n`;
