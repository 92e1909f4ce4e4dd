import { userInfo } from "node:os";

/** What the system calls whoever runs this; undefined where it knows no name. */
export function userName(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return process.env.USER || process.env.USERNAME || undefined;
  }
}
