const CAMERAS = 'application/x-commonsight-cameras'
const CELL = 'application/x-commonsight-cell'

export type Dragged = { is: 'cameras'; cameras: string[] } | { is: 'cell'; index: number }

export function takeCameras(data: DataTransfer, cameras: readonly string[]): void {
  data.effectAllowed = 'copy'
  data.setData(CAMERAS, JSON.stringify(cameras))
}

export function takeCell(data: DataTransfer, index: number): void {
  data.effectAllowed = 'move'
  data.setData(CELL, String(index))
}

/** Whether something of ours is dragged; what it is can be read only when it is dropped. */
export const isOurs = (data: DataTransfer): boolean => data.types.includes(CAMERAS) || data.types.includes(CELL)

/** What was dropped; null when it is nothing of ours. */
export function dropped(data: DataTransfer): Dragged | null {
  const cell = data.getData(CELL)
  if (cell !== '') {
    const index = Number(cell)
    return Number.isInteger(index) && index >= 0 && index < 16 ? { is: 'cell', index } : null
  }
  try {
    const cameras: unknown = JSON.parse(data.getData(CAMERAS))
    if (!Array.isArray(cameras)) return null
    const ids = cameras.filter((id): id is string => typeof id === 'string')
    return ids.length > 0 ? { is: 'cameras', cameras: ids } : null
  } catch {
    return null
  }
}
