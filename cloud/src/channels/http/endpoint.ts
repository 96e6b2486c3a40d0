const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for names and addresses of this machine itself: nothing that is sent there leaves it. */
export const isLoopback = (hostname: string): boolean => loopback.test(hostname);

/** True for the address of something that plays a provider on this machine: plain HTTP on loopback, no path. */
export const isLocalStandIn = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  return protocol === "http:" && isLoopback(hostname) && pathname === "/" && search === "" && hash === "";
};
