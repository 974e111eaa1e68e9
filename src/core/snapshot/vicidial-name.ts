/**
 * The name of a campaign, in-group or user group as VICIdial's tables compare it: `apexout`, `APEXOUT` and `APEXOUT `
 * are the same there.
 */
export function vicidialName(text: string): string {
  return text.trimEnd().toUpperCase();
}
