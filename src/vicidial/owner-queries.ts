import { type Kysely, sql } from "kysely";
import type { CallCode } from "../core/callflow/call-code.ts";
import type { VicidialSign } from "../core/callflow/commands.ts";
import type { VicidialTables } from "./tables.ts";

type Found = {
  readonly campaign: string;
  readonly userGroup: string | null;
  readonly agent?: string | null | undefined;
};

/**
 * What the tables say of a call code, one after another until one leads to a client: the dialler's own list of calls;
 * the list that the lead is in; and for calls that an agent has placed, the campaign that the agent is logged in to.
 * Each look-up is by an indexed column. They are statements of their own, since a table that somebody has locked would
 * hold up every call whose statement names it; the log of calls by hand goes along with the first two, as each call of an
 * agent needs it in any case.
 */
export async function readSigns(
  db: Kysely<VicidialTables>,
  code: CallCode,
  leads: (sign: VicidialSign) => boolean,
): Promise<readonly VicidialSign[]> {
  const signs: VicidialSign[] = [];
  const add = (table: VicidialSign["table"], found: readonly Found[]): boolean => {
    const fresh = found.map(({ campaign, userGroup, agent }) => ({
      table,
      campaign,
      userGroup,
      ...(typeof agent === "string" ? { agent } : {}),
    }));
    signs.push(...fresh);
    return fresh.some(leads);
  };
  if (add("auto_calls", await ofCall(db, code))) return signs;
  if (add("lists", await ofLead(db, code))) return signs;
  if (!code.automatic) add("live_agents", await ofAgent(db, code.code));
  return signs;
}

/** A table without a limit would be read to its end for a code that somebody has put there a thousand times. */
const MOST = 4;

function ofCall(db: Kysely<VicidialTables>, { code, automatic }: CallCode): Promise<Found[]> {
  return db
    .selectFrom("vicidial_auto_calls as a")
    .leftJoin("vicidial_campaigns as c", "c.campaign_id", "a.campaign_id")
    .select(["a.campaign_id as campaign", "c.user_group as userGroup"])
    .$if(!automatic, (query) => query.select(newestLine(db, code).as("agent")))
    .where("a.callerid", "=", code)
    .where("a.campaign_id", "is not", null)
    .distinct()
    .limit(MOST)
    .execute();
}

function ofLead(db: Kysely<VicidialTables>, { code, automatic, lead }: CallCode): Promise<Found[]> {
  return db
    .selectFrom("vicidial_list as l")
    .innerJoin("vicidial_lists as s", "s.list_id", "l.list_id")
    .leftJoin("vicidial_campaigns as c", "c.campaign_id", "s.campaign_id")
    .select(["s.campaign_id as campaign", "c.user_group as userGroup"])
    .$if(!automatic, (query) => query.select(newestLine(db, code).as("agent")))
    .where("l.lead_id", "=", lead)
    .where("s.campaign_id", "is not", null)
    .limit(MOST)
    .execute();
}

/**
 * Whoever placed a call stands in the log of calls by hand, whichever table it is that names the campaign.
 *
 * The log is kept for years, and the code of a three-way call has the time of day in it but no date: the same lead may
 * have had it from another client's agent on another day. Only the newest line counts, and no line of yesterday.
 */
function newestLine(db: Kysely<VicidialTables>, code: string) {
  return db
    .selectFrom("vicidial_user_dial_log")
    .select("user")
    .where("caller_code", "=", code)
    .where("call_date", ">", sql<string>`now() - interval 12 hour`)
    .orderBy("call_date", "desc")
    .limit(1);
}

async function ofAgent(db: Kysely<VicidialTables>, code: string): Promise<Found[]> {
  return await db
    .selectFrom(newestLine(db, code).as("d"))
    .innerJoin("vicidial_live_agents as a", "a.user", "d.user")
    .leftJoin("vicidial_campaigns as c", "c.campaign_id", "a.campaign_id")
    .select(["a.campaign_id as campaign", "c.user_group as userGroup", "d.user as agent"])
    .where("a.campaign_id", "is not", null)
    .limit(MOST)
    .execute();
}
