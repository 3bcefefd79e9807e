/** The region that all of these lie in: the longest prefix they share, cut to a whole level of a division code. */
export function commonRegion(codes: readonly string[]): string {
  const [first = '', ...others] = codes
  let length = first.length
  for (const code of others) while (!code.startsWith(first.slice(0, length))) length -= 1
  return first.slice(0, LEVELS.findLast((level) => level <= length) ?? 0)
}

/** Digits of province, city, county, town, village. */
const LEVELS = [2, 4, 6, 9, 12]
