/** Resolves when `signal` is aborted, or after so many seconds. */
export const untilStopped = (signal: AbortSignal, seconds: number | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = seconds === undefined ? undefined : setTimeout(resolve, seconds * 1_000);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
