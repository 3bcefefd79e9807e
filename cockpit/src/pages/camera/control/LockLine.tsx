import { Button } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useLock } from '@/api/control'
import { call } from '@/api/client'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './control.module.css'

/** Who turns the camera now, and for how much longer; one at a time, so that two people do not pull at it. */
export function LockLine({ id, onProblem }: { id: string; onProblem: (error: unknown) => void }) {
  const t = useText(deviceText)
  const f = useFormat()
  const queries = useQueryClient()
  const lock = useLock(id).data
  const act = async (method: 'POST' | 'DELETE', body?: { by_force: boolean }) => {
    try {
      await call(method, `/cameras/${id}/ptz/lock`, { body })
      onProblem(null)
    } catch (error) {
      onProblem(error)
    }
    void queries.invalidateQueries({ queryKey: ['ptz-lock', id] })
  }
  if (!lock) return null
  if (!lock.holder) return <span className={css.lock}>{t('lock.free')} <Button size="small" onClick={() => void act('POST', { by_force: false })}>{t('lock.take')}</Button></span>
  const left = lock.seconds_left === null ? '' : t('lock.left', { time: f.seconds(lock.seconds_left) })
  return (
    <span className={css.lock}>
      {lock.mine ? t('lock.mine') : t('lock.other', { name: lock.holder.name })} {left}{' '}
      <Button size="small" onClick={() => void (lock.mine ? act('DELETE') : act('POST', { by_force: true }))}>{lock.mine ? t('lock.release') : t('lock.takeOver')}</Button>
    </span>
  )
}
