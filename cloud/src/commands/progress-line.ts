const onTerminalEveryMs = 250;
const inLogEveryMs = 30_000;

/**
 * Progress of something that takes a while, on standard error: one line that changes on a terminal, a line every half
 * minute in a log.
 */
export const progressLine = (): { readonly show: (text: string) => void; readonly end: () => void } => {
  const { stderr } = process;
  let shownMs = performance.now();
  return {
    show: (text) => {
      if (performance.now() - shownMs < (stderr.isTTY ? onTerminalEveryMs : inLogEveryMs)) return;
      shownMs = performance.now();
      stderr.write(stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
    },
    end: () => {
      if (stderr.isTTY) stderr.write("\r\u001b[K");
    },
  };
};
