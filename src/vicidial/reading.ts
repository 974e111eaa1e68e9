/** All that a running node reads of VICIdial's database, in one. */
export { openVicidial } from "./database.ts";
export { VicidialBook } from "./directory.ts";
export { createVicidialLists } from "./do-not-call-lists.ts";
