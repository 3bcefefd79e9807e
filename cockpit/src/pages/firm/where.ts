const PATIENCE_MS = 8000

/** Where the telephone is, [lon, lat]; null when it does not know or its owner does not want to say. */
export function whereAmI(): Promise<[number, number] | null> {
  if (!('geolocation' in navigator)) return Promise.resolve(null)
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve([coords.longitude, coords.latitude]),
      () => resolve(null),
      { timeout: PATIENCE_MS, maximumAge: 60_000, enableHighAccuracy: true },
    )
  })
}
