import type { Snapshot, Switch } from "../../core/snapshot/snapshot.ts";
import type { Trunk } from "../../core/trunk/trunk.ts";
import { hostOf } from "./manager.ts";
import { setting, uriUser } from "./setting.ts";

/** The trunks that Signalbox owns, as `render` writes them, without names and passwords: nothing can be guessed from it. */
export function trunksWithoutSecrets(snapshot: Snapshot, { technology }: Pick<Switch, "technology">): string {
  const trunks = ownTrunks(snapshot).map((trunk) =>
    trunk.auth === null ? trunk : { ...trunk, auth: { username: "", password: "" } },
  );
  return technology === "sip" ? renderSip(trunks) : renderPjsip(trunks);
}

/** Those that the operator's own files have already are not written. */
export function ownTrunks({ trunks }: Pick<Snapshot, "trunks">): Trunk[] {
  return [...trunks.values()].filter((trunk) => !trunk.existing);
}

/** PJSIP sections for trunks that Signalbox owns. The transport is the operator's. */
export function renderPjsip(trunks: readonly Trunk[]): string {
  return [
    "; Signalbox: trunks, for #include at the end of pjsip.conf",
    "",
    ...trunks.flatMap((trunk) => [...endpointLines(trunk), ...identityLines(trunk), ""]),
  ].join("\n");
}

/**
 * `send_connected_line=no`: which phone took the call is the client's own affair, and telling the carrier each time that
 * changes would cost a re-INVITE or UPDATE in mid-call.
 * `allow_transfer=no`: after a carrier's REFER Asterisk would drop the leg while the carrier's dialog lives on.
 * `trust_id_outbound=yes`: of a caller who withholds his number the carrier, and nobody else, gets it, in
 * P-Asserted-Identity beside `Privacy: id`. Without it Asterisk would send neither.
 * `dtmf_mode=auto`: keys come as telephone events where the carrier offers them, and else as tones in the sound: a menu
 * would never hear them.
 * No `identify_by=username`: a caller must not become a trunk by what he writes into From.
 */
function endpointLines(trunk: Trunk): string[] {
  return [
    `[${trunk.endpoint}]`,
    "type=endpoint",
    "context=signalbox-inbound",
    "disallow=all",
    `allow=${trunk.codecs.join(",")}`,
    `aors=${trunk.endpoint}`,
    "identify_by=ip",
    "allow_transfer=no",
    "direct_media=no",
    "dtmf_mode=auto",
    "rtp_symmetric=yes",
    `send_pai=${trunk.assertedIdentity ? "yes" : "no"}`,
    "trust_id_outbound=yes",
    "send_connected_line=no",
    ...(trunk.auth === null ? [] : [`outbound_auth=${trunk.endpoint}`]),
    "",
    `[${trunk.endpoint}]`,
    "type=aor",
    ...(trunk.address === null ? [] : [`contact=sip:${trunk.address}`]),
    ...(trunk.qualifySeconds === 0 ? [] : [`qualify_frequency=${trunk.qualifySeconds}`]),
  ];
}

function identityLines(trunk: Trunk): string[] {
  const lines = [
    "",
    `[${trunk.endpoint}]`,
    "type=identify",
    `endpoint=${trunk.endpoint}`,
    ...[...(trunk.address === null ? [] : [hostOf(trunk.address)]), ...trunk.match].map(
      (from) => `match=${from}`,
    ),
  ];
  if (trunk.auth === null) return lines;
  lines.push(
    "",
    `[${trunk.endpoint}]`,
    "type=auth",
    "auth_type=userpass",
    setting("username", trunk.auth.username),
    setting("password", trunk.auth.password),
  );
  if (trunk.register && trunk.address !== null) {
    lines.push(
      "",
      `[${trunk.endpoint}]`,
      "type=registration",
      `outbound_auth=${trunk.endpoint}`,
      `server_uri=sip:${trunk.address}`,
      setting("client_uri", `sip:${uriUser(trunk.auth.username)}@${trunk.address}`),
      "retry_interval=30",
    );
  }
  return lines;
}

/** chan_sip peers, for switches whose technology is `sip`. Registrations stand in `[general]`, which must be there. */
export function renderSip(trunks: readonly Trunk[]): string {
  const registrations = trunks.flatMap(registerLines);
  return [
    "; Signalbox: trunks, for #include at the end of sip.conf",
    "",
    ...(registrations.length === 0 ? [] : ["[general](+)", ...registrations, ""]),
    ...trunks.flatMap((trunk) => [...peerLines(trunk), ""]),
  ].join("\n");
}

function registerLines({ register, auth, address }: Trunk): string[] {
  if (!register || auth === null || address === null) return [];
  const [name, password] = [auth.username, auth.password].map((text) => text.replaceAll(";", "\\;"));
  return [`register => ${name}:${password}@${address}`];
}

/** True when a name or password would be cut at one of the signs that part a register line of chan_sip. */
export function breaksRegisterLine(text: string): boolean {
  return /[:?/@~]/.test(text);
}

function peerLines(trunk: Trunk): string[] {
  const [host = "", port = "5060"] = (trunk.address ?? "").split(/:(?=[0-9]+$)/);
  return [
    `[${trunk.endpoint}]`,
    "type=peer",
    `host=${host}`,
    `port=${port}`,
    "insecure=port,invite",
    "context=signalbox-inbound",
    "disallow=all",
    `allow=${trunk.codecs.join(",")}`,
    "allowtransfer=no",
    "directmedia=no",
    "dtmfmode=auto",
    `sendrpid=${trunk.assertedIdentity ? "pai" : "no"}`,
    "trust_id_outbound=yes",
    ...(trunk.qualifySeconds === 0 ? [] : ["qualify=yes", `qualifyfreq=${trunk.qualifySeconds}`]),
    ...(trunk.auth === null
      ? []
      : [setting("defaultuser", trunk.auth.username), setting("remotesecret", trunk.auth.password)]),
  ];
}
