import { Alert } from 'antd'
import { Link } from 'react-router'
import type { Checked } from '@/api/deployments'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './deployments.module.css'
import { deploymentsText } from './text'

/** What a draft lacks, the gravest first, each with the way to its cameras. */
export function Findings({ checked }: { checked: Checked }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { cameras, findings } = checked
  if (findings.length === 0) return <Alert type="success" showIcon title={t('check.well', { n: f.number(cameras) })} />
  const grave = findings.some((one) => one.grave)
  return (
    <Alert
      type={grave ? 'error' : 'warning'} showIcon title={t('check.found', { n: f.number(cameras), m: f.number(findings.length) })}
      description={
        <>
          <ul className={css.findings}>
            {findings.map((one, place) => (
              <li key={`${one.code} ${String(place)}`} data-grave={one.grave}>
                <span>{one.message} {one.cameras[0] && <Link to={one.code.endsWith('_drawn') || one.code.endsWith('_ground') ? `/scenes/tune/${one.cameras[0]}` : `/cameras/${one.cameras[0]}`}>{t('check.cameras')}</Link>}</span>
              </li>
            ))}
          </ul>
          {t('check.starts')}
        </>
      }
    />
  )
}
