import { useEffect, useState } from 'react'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './CockpitPage.module.css'
import { cockpitText } from './text'

export function Clock() {
  const t = useText(cockpitText)
  const f = useFormat()
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000)
    return () => window.clearInterval(timer)
  }, [])
  return (
    <p className={css.clock}>
      <span>{f.day(now)}</span>
      <time dateTime={new Date(now).toISOString()}>{f.time(now, true)}</time>
      <span>{t('foot.zone')}</span>
    </p>
  )
}
