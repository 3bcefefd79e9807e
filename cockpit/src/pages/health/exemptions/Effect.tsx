import type { Foreseen } from '@/api/exemptions'
import { HowKnown } from '@/parts/HowKnown'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../told.module.css'
import { exemptionsText, type ExemptionsKey } from './text'

const SHOWN = 5

/** What leaving these cameras out would do to the indicators: "takes 312 out, 96.1 -> 97.0 %". */
export function Effect({ found }: { found: Foreseen }) {
  const t = useText(exemptionsText)
  const f = useFormat()
  return (
    <div className={css.effect}>
      <strong>{t('effect', { n: f.number(found.leaving) })}</strong>
      {found.total > found.leaving && <p className={css.faint}>{t('effect.already', { n: f.number(found.total - found.leaving) })}</p>}
      {found.unknown_codes.length > 0 && (
        <p className={css.warn}>{t('effect.unknown', { n: f.number(found.unknown_codes.length), codes: found.unknown_codes.slice(0, SHOWN).join('、') })}</p>
      )}
      <table>
        <thead>
          <tr><th /><th>{t('effect.before')}</th><th>{t('effect.after')}</th><th /></tr>
        </thead>
        <tbody>
          {found.indicators.map((one) => (
            <tr key={one.code}>
              <th>{t(`effect.${one.code}` as ExemptionsKey)}</th>
              <td>{f.percent(one.before.value, 2)}</td>
              <td>{f.percent(one.after.value, 2)}</td>
              <td>
                <HowKnown
                  name={t(`effect.${one.code}` as ExemptionsKey)}
                  basis={{ definition: t('effect.how'), numerator: one.after.numerator, denominator: one.after.denominator }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
