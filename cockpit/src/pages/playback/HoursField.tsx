import { Button } from 'antd'
import { useState } from 'react'
import type { Period } from '@/api/recordings'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ALWAYS, cells, DAYS, hoursOf, painted, periods } from './hours'
import css from './playback.module.css'
import { playbackText, type PlaybackKey } from './text'

const OFFICE: Period[][] = DAYS.map((day) => (day < 5 ? [[8 * 60, 18 * 60]] : []))
const NIGHTS: Period[][] = DAYS.map(() => [[0, 6 * 60], [18 * 60, 24 * 60]])

/** The hours of a week: press one, or drag over several. */
export function HoursField({ value, onChange }: { value: Period[][]; onChange: (hours: Period[][]) => void }) {
  const t = useText(playbackText)
  const f = useFormat()
  const week = cells(value)
  const [drag, setDrag] = useState<{ from: readonly [number, number]; to: readonly [number, number]; on: boolean } | null>(null)
  const shown = drag ? painted(week, drag.from, drag.to, drag.on) : week
  const finish = () => {
    if (drag) onChange(periods(shown))
    setDrag(null)
  }
  return (
    <div className={css.hours} onPointerUp={finish} onPointerLeave={finish}>
      <div className={css.presets}>
        <Button size="small" onClick={() => onChange(ALWAYS)}>{t('hours.always')}</Button>
        <Button size="small" onClick={() => onChange(OFFICE)}>{t('hours.office')}</Button>
        <Button size="small" onClick={() => onChange(NIGHTS)}>{t('hours.nights')}</Button>
        <span className={css.hint}>{t('hours.sum', { n: f.number(hoursOf(value)) })}</span>
      </div>
      <table>
        <thead>
          <tr><th />{[0, 6, 12, 18].map((hour) => <th key={hour} colSpan={6}>{`${String(hour).padStart(2, '0')}:00`}</th>)}</tr>
        </thead>
        <tbody>
          {shown.map((day, row) => (
            <tr key={DAYS[row]}>
              <th scope="row">{t(`day.${row}` as PlaybackKey)}</th>
              {day.map((on, column) => (
                <td key={`${row}-${String(column)}`}>
                  <button
                    type="button" data-on={on || undefined} aria-pressed={on}
                    aria-label={t('hours.cell', { day: t(`day.${row}` as PlaybackKey), hour: column })}
                    onPointerDown={() => setDrag({ from: [row, column], to: [row, column], on: !on })}
                    onPointerEnter={() => setDrag((before) => before && { ...before, to: [row, column] })}
                    onKeyDown={(event) => {
                      if (event.key !== 'Enter' && event.key !== ' ') return
                      event.preventDefault()
                      onChange(periods(painted(week, [row, column], [row, column], !on)))
                    }}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
