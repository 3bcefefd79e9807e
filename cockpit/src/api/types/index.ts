export * from './access'
export * from './cameras'
export * from './sight'
export * from './system'

export interface List<T> {
  items: T[]
  next: string | null
}
