/**
 * A promise that is not waited for longer than a limit.
 * @param interrupted rejects when somebody wants to wait no longer
 * @param late makes the error of a promise that has not settled in time
 */
export async function withinLimit<T>(
  promise: Promise<T>,
  milliseconds: number,
  interrupted: Promise<never> | undefined,
  late: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, limit, ...(interrupted ? [interrupted] : [])]);
  } finally {
    clearTimeout(timer);
  }
}
