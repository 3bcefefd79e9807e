/** Codes of the camera file's vocabulary, in its order. */
export const KINDS = ['dome', 'half_dome', 'fixed', 'remote', 'remote_half_dome', 'panoramic', 'split', 'unknown'] as const
/** Kinds of place. */
export const PLACES = [
  'checkpoint', 'government', 'station', 'square', 'stadium', 'commerce', 'worship', 'school', 'disorder', 'artery', 'unknown',
] as const
export const SECTORS = [
  'public_security', 'traffic', 'urban', 'environment', 'education', 'water', 'agriculture', 'tourism', 'community', 'other',
] as const
