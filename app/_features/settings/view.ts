/** A user agent in two words; the whole one stands behind. Pure. */
export function browserName(userAgent: string): string {
  const browser = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari'], ['curl/', 'curl']].find(([mark]) => userAgent.includes(mark ?? ''))?.[1]; // prettier-ignore
  const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'], ['Linux', 'Linux']].find(([mark]) => userAgent.includes(mark ?? ''))?.[1]; // prettier-ignore
  if (!browser) return userAgent === '' ? 'Unknown browser' : userAgent.slice(0, 40);
  return system ? `${browser} on ${system}` : browser;
}
