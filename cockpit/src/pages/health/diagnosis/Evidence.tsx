import { evidencePicture } from '@/api/diagnosis'
import { useCan } from '@/app/auth'
import { KeptPicture } from '@/parts/live/KeptPicture'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './diagnosis.module.css'
import { diagnosisText } from './text'

interface Props {
  camera: string
  item: string
  at: string | null
}

/** The picture kept of a fault. */
export function Evidence({ camera, item, at }: Props) {
  const t = useText(diagnosisText)
  const f = useFormat()
  const may = useCan()('pictures.view')
  if (!may) return null
  return (
    <KeptPicture camera={camera} label={t('evidence.show')} title={t('evidence.title')} className={css.evidence} fetch={(purpose) => evidencePicture(camera, item, purpose)}>
      {(url) => <a href={url} target="_blank" rel="noreferrer"><img src={url} alt={t('evidence.of', { time: f.dateTime(at) })} /></a>}
    </KeptPicture>
  )
}
