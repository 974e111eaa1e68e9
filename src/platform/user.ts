import { userInfo } from "node:os";

/** Who runs this process, for who looks later; a container's user need not have a name. */
export function userName(info: () => { readonly username: string } = userInfo): string {
  try {
    return info().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
