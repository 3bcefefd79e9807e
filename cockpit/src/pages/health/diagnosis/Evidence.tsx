import { Button, Modal } from 'antd'
import { useEffect, useState } from 'react'
import { evidencePicture } from '@/api/diagnosis'
import { useCan } from '@/app/auth'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { PurposeLine } from '@/parts/live/PurposeLine'
import { rememberPurpose, rememberedPurpose, type ChosenPurpose } from '@/parts/live/purpose'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './diagnosis.module.css'
import { diagnosisText } from './text'

interface Props {
  camera: string
  item: string
  at: string | null
}

/** The picture kept of a fault. Nothing is fetched before a person asks, and asking is a retrieval with a purpose. */
export function Evidence({ camera, item, at }: Props) {
  const t = useText(diagnosisText)
  const f = useFormat()
  const may = useCan()('pictures.view')
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const [shown, setShown] = useState<{ url: string; purpose: ChosenPurpose } | null>(null)
  useEffect(() => () => {
    if (shown) URL.revokeObjectURL(shown.url)
  }, [shown])
  if (!may) return null
  const show = (purpose: ChosenPurpose) =>
    act.run(async () => {
      const picture = await evidencePicture(camera, item, purpose)
      setShown({ url: URL.createObjectURL(picture), purpose })
      setAsking(false)
    }, ['retrievals'])
  const begin = () => {
    const kept = rememberedPurpose()
    if (kept?.keep) void show(kept)
    else setAsking(true)
  }
  if (shown) {
    return (
      <figure className={css.evidence}>
        <a href={shown.url} target="_blank" rel="noreferrer"><img src={shown.url} alt={t('evidence.of', { time: f.dateTime(at) })} /></a>
        <figcaption><PurposeLine purpose={shown.purpose} /></figcaption>
      </figure>
    )
  }
  return (
    <>
      <Button size="small" loading={act.busy} onClick={begin}>{t('evidence.show')}</Button>
      {!asking && <ProblemNote error={act.problem} />}
      <Modal open={asking} title={t('evidence.title')} footer={null} onCancel={() => setAsking(false)} destroyOnHidden>
        <PurposeForm
          cameraId={camera}
          busy={act.busy}
          problem={act.problem}
          onChosen={(purpose) => {
            rememberPurpose(purpose)
            void show(purpose)
          }}
        />
      </Modal>
    </>
  )
}
