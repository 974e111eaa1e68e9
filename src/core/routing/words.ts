/** What the schemas of targets are made of: read by whoever reads the configuration. */
export { z } from "zod";
export { gotoPlace } from "./goto-place.ts";
export { name, pbxName, waitSeconds } from "./scalars.ts";
