/** Codes of the regions above one, widest first: "450103001" -> ["45", "4501", "450103"]. */
export function ancestors(code: string): string[] {
  return [2, 4, 6, 9, 12].filter((digits) => digits < code.length).map((digits) => code.slice(0, digits))
}
