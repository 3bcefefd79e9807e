import type { Camera } from '@/api/types'
import { camerasText, vocabulary } from '@/pages/cameras/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './CameraPage.module.css'
import { cameraText } from './text'

export function CameraFacts({ camera }: { camera: Camera }) {
  const t = useText(cameraText)
  const words = useText(camerasText)
  const f = useFormat()
  const rows: [string, string | null | undefined][] = [
    [t('facts.code'), camera.code],
    [t('facts.region'), camera.region && `${camera.region.name}  ${camera.region.code}`],
    [t('facts.address'), camera.address],
    [t('facts.point'), camera.point && camera.point.map((value) => value.toFixed(5)).join(', ')],
    [t('facts.platform'), camera.platform?.name],
    [t('facts.organisation'), camera.organisation],
    [t('facts.kind'), vocabulary(words, 'kind', camera.kind)],
    [t('facts.sector'), vocabulary(words, 'sector', camera.sector)],
    [t('facts.source'), camera.source?.url],
    [t('facts.user'), camera.source?.username],
    [t('facts.updated'), camera.updated_at && f.dateTime(camera.updated_at)],
  ]
  return (
    <dl className={css.facts}>
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value || f.number(null)}</dd>
        </div>
      ))}
    </dl>
  )
}
