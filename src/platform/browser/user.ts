/** Pages are not told who looks at them. */
export const userName = (): string | undefined => undefined;
