import { SignalboxError } from "../platform/errors.ts";
import { AmiError } from "./connection.ts";
import type { Switches } from "./switches.ts";

type Session = Pick<NonNullable<ReturnType<Switches["connection"]>>, "action">;

/** Where an Asterisk that was built as usual writes its logs. */
const USUAL = "/var/log/asterisk";

/** The directory that a switch writes its logs to, as its own asterisk.conf says. Rejects when it cannot be asked. */
export async function logDirectoryOf(
  switches: Pick<Switches, "connection">,
  server: string,
): Promise<string> {
  const ami = switches.connection(server);
  if (ami === null) throw new SignalboxError("switch_unknown", `no manager session to ${server}`);
  return readLogDirectory(ami);
}

/** Likewise over one session. */
export async function readLogDirectory(ami: Session): Promise<string> {
  const value = await readSetting(ami, "asterisk.conf,directories,astlogdir");
  return /^\/[^\p{Cc}]{1,400}$/u.test(value) ? value : USUAL;
}

/** True when the switch's cdr_custom.conf writes a file of this name. Rejects when it cannot be asked. */
export async function writesCdr(ami: Session, name: string): Promise<boolean> {
  return (await readSetting(ami, `cdr_custom.conf,mappings,${name}`)) !== "";
}

/** One setting of the switch's own files, included ones too; "" when there is none. */
async function readSetting(ami: Session, place: string): Promise<string> {
  try {
    const { fields } = await ami.action("Getvar", { Variable: `AST_CONFIG(${place})` });
    return fields.get("Value")?.trim() ?? "";
  } catch (error) {
    if (!(error instanceof AmiError && error.code === "ami_refused")) throw error;
    // An account that may not ask has learnt nothing.
    if (/permission denied/i.test(error.response?.fields.get("Message") ?? "")) throw error;
    return "";
  }
}
