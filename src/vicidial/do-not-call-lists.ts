import { sql } from "kysely";
import type { ListPart, ListSize, VicidialList, VicidialLists } from "../calls/vicidial-port.ts";
import type { VicidialDatabase } from "./database.ts";

/** Digits that the numbers of a part have in common: in North America an area code. */
const BEGINNING = 3;

const PAGE = 2000;

/** Reads VICIdial's do-not-call tables. Statements are built from column names alone; numbers travel as parameters. */
export function createVicidialLists({ db }: VicidialDatabase): VicidialLists {
  return {
    async size(list): Promise<ListSize> {
      const found = await of(list)
        .select([sql<number>`count(*)`.as("count"), sql<string | null>`max(phone_number)`.as("last")])
        .executeTakeFirst();
      return { count: Number(found?.count ?? 0), last: found?.last ?? "" };
    },
    async parts(list): Promise<readonly ListPart[]> {
      const found = await of(list)
        .select([
          sql<string>`left(phone_number, ${sql.lit(BEGINNING)})`.as("beginning"),
          sql<number>`count(*)`.as("count"),
          sql<string>`concat(sum(crc32(phone_number)), ' ', bit_xor(crc32(reverse(phone_number))))`.as(
            "mark",
          ),
        ])
        .groupBy("beginning")
        .execute();
      return found.map(({ beginning, count, mark }) => ({ beginning, count: Number(count), mark }));
    },
    async *numbers(list, beginning) {
      // Without an end to its range the last page of each part would go through the rest of the table.
      const range = /^[0-9]+$/.test(beginning) ? `${beginning}%` : "%";
      let last = "";
      for (;;) {
        const page = await of(list)
          .select("phone_number")
          .distinct()
          .where("phone_number", ">=", beginning)
          .where("phone_number", "like", range)
          .where(sql`left(phone_number, ${sql.lit(BEGINNING)})`, "=", beginning)
          .where("phone_number", ">", last)
          .orderBy("phone_number")
          .limit(PAGE)
          .execute();
        if (page.length > 0) yield page.map((row) => row.phone_number);
        if (page.length < PAGE) return;
        last = page.at(-1)?.phone_number ?? "";
      }
    },
  };

  /** Everything that a list has, from whichever table it stands in. */
  function of(list: VicidialList) {
    const rows =
      list.of === null
        ? db.selectFrom("vicidial_dnc").select("vicidial_dnc.phone_number")
        : db
            .selectFrom("vicidial_campaign_dnc")
            .select("vicidial_campaign_dnc.phone_number")
            .where(belongsTo(list.of));
    return db.selectFrom(rows.as("listed"));
  }

  function belongsTo({ campaigns, userGroups }: NonNullable<VicidialList["of"]>) {
    // An empty list is no SQL; no campaign has an empty name.
    const named = sql<boolean>`campaign_id in (${sql.join(["", ...campaigns])})`;
    const grouped = sql<boolean>`campaign_id in (select campaign_id from vicidial_campaigns where user_group in (${sql.join(["", ...userGroups])}))`;
    return userGroups.length === 0 ? named : sql<boolean>`(${named} or ${grouped})`;
  }
}
