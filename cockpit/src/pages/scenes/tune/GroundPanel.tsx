import { Button, InputNumber, Switch } from 'antd'
import { distinct, type Ground } from '@/api/scenes'
import { Figure } from '@/parts/Figure'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { setMetres, type TuneDraft } from './draft'
import { tuneText } from './text'
import css from './tune.module.css'

const LEAST = 4

interface Props {
  draft: TuneDraft
  way: Ground | undefined
  problem: unknown
  disabled: boolean
  adding: boolean
  grid: boolean
  chosen: number | null
  onDraft: (draft: TuneDraft) => void
  onAdding: (adding: boolean) => void
  onGrid: (grid: boolean) => void
  onChoose: (index: number | null) => void
}

/** Points of the ground with their metres, and how far they agree. */
export function GroundPanel({ draft, way, problem, disabled, adding, grid, chosen, onDraft, onAdding, onGrid, onChoose }: Props) {
  const t = useText(tuneText)
  const f = useFormat()
  const points = draft.ground
  const digits = (value: number) => (value < 1 ? 2 : 1)
  return (
    <div className={css.stack}>
      <p className={css.hint}>{t('ground.what')} {t('ground.how')}</p>
      <ProblemNote error={points.length >= LEAST ? problem : null} />
      {points.length === 0 && <Teach title={t('ground.none')} />}
      {way && points.length >= LEAST && distinct(points) && problem == null && (
        <div className={css.bar}>
          <Figure
            name={t('ground.error')} value={way.error === null ? '—' : t('ground.metres', { m: f.number(way.error, digits(way.error)) })} unknown={way.error === null}
            note={way.error === null ? t('ground.errorUnknown') : undefined} basis={{ definition: t('ground.errorHow') }}
          />
          <label><Switch size="small" checked={grid} onChange={onGrid} /> {t('ground.grid')} · {t('ground.step', { m: f.number(way.step, way.step < 1 ? 1 : 0) })}</label>
        </div>
      )}
      {points.length > 0 && (
        <table className={css.points}>
          <thead><tr><th>#</th><th>{t('ground.picture')}</th><th>{t('ground.x')}</th><th>{t('ground.y')}</th><th>{t('ground.residual')}</th><th /></tr></thead>
          <tbody>
            {points.map((point, index) => {
              const residual = problem == null && points.length > LEAST ? way?.residuals[index] : undefined
              return (
                <tr key={index} data-chosen={index === chosen || undefined} onFocus={() => onChoose(index)}>
                  <th scope="row">{index + 1}</th>
                  <td>{f.number(point.picture[0], 3)}, {f.number(point.picture[1], 3)}</td>
                  {([0, 1] as const).map((axis) => (
                    <td key={axis}>
                      <InputNumber
                        size="small" disabled={disabled} step={0.5} min={-100000} max={100000} value={point.metres[axis]} aria-label={`${t('ground.point', { n: index + 1 })} ${t(axis === 0 ? 'ground.x' : 'ground.y')}`}
                        onChange={(value) => value !== null && onDraft(setMetres(draft, index, axis, value))}
                      />
                    </td>
                  ))}
                  <td>{residual === undefined ? '—' : t('ground.metres', { m: f.number(residual, 2) })}</td>
                  <td><Button size="small" type="text" disabled={disabled} onClick={() => onDraft({ ...draft, ground: points.filter((_, place) => place !== index) })}>{t('ground.remove')}</Button></td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      {!disabled && (
        <div className={css.bar}>
          <Button type={adding ? 'primary' : 'default'} onClick={() => onAdding(!adding)}>{t(adding ? 'ground.stop' : 'ground.add')}</Button>
          {points.length > 0 && <Button onClick={() => onDraft({ ...draft, ground: [] })}>{t('ground.clear')}</Button>}
          {points.length > 0 && points.length < LEAST && <span className={css.hint}>{t('ground.few', { n: LEAST - points.length })}</span>}
          {points.length >= LEAST && !distinct(points) && <span className={css.hint}>{t('ground.same')}</span>}
        </div>
      )}
    </div>
  )
}
