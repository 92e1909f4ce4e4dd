/** Pages are not told what they take: 0. */
export const residentBytes = (): number => 0;
