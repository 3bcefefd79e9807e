export * from './access'
export * from './cameras'
export * from './cases'
export * from './gather'
export * from './imports'
export * from './planning'
export * from './sight'
export * from './system'

export interface List<T> {
  items: T[]
  next: string | null
}
