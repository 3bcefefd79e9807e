import { partsText, type PartsKey } from './text'

type Say = (key: PartsKey) => string

const known = (key: string): key is PartsKey => key in partsText.zh

/** Word for a class the detector names; one the catalogue does not know is shown as it is. */
export const className = (say: Say, name: string): string => {
  const key = `class.${name}`
  return known(key) ? say(key) : name
}

export const roleName = (say: Say, name: string): string => {
  const key = `role.${name}`
  return known(key) ? say(key) : name
}

/** Classes counted, in the order they are listed. */
export const CLASSES = ['person', 'bicycle', 'motorcycle', 'car', 'bus', 'truck'] as const

/** Everything counted that is not a person moves on wheels. */
export const isVehicle = (name: string): boolean => name !== 'person'
