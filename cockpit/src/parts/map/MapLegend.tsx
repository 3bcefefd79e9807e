import { useText } from '@/text/language'
import { HealthMark } from '../HealthMark'
import { partsText } from '../text'
import css from './RegionMap.module.css'

const STATES = ['works', 'bad', 'offline', 'unknown'] as const

export function MapLegend({ density, truncated }: { density: boolean; truncated: boolean }) {
  const t = useText(partsText)
  return (
    <div className={css.legend}>
      <ul>
        {!density && STATES.map((state) => <li key={state}><HealthMark health={state} label /></li>)}
        {density && <li><HealthMark health="bad" /> <HealthMark health="offline" /> {t('map.troubled')}</li>}
        {density && (
          <li className={css.scale}>
            <span aria-hidden>{[0.2, 0.4, 0.65, 0.9].map((alpha) => <i key={alpha} style={{ opacity: alpha }} />)}</span>
            {t('map.density')}
          </li>
        )}
      </ul>
      <p>{truncated ? t('map.truncated') : t('map.notice')}</p>
    </div>
  )
}
