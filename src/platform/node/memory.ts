/** Bytes of the machine's memory that this process takes, its threads' sessions with it. */
export const residentBytes = (): number => process.memoryUsage.rss();
