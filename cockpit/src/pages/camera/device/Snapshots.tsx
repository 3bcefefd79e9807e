import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useSnapshot } from '@/api/control'
import { call } from '@/api/client'
import type { Snapshot } from '@/api/types'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { PurposeLine } from '@/parts/live/PurposeLine'
import { rememberPurpose, rememberedPurpose, type ChosenPurpose } from '@/parts/live/purpose'
import { Watermark } from '@/parts/live/Watermark'
import { useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { deviceText } from './text'

interface Taken {
  first: Snapshot
  purpose: ChosenPurpose
}

/** Pictures the device takes on demand. Each is a retrieval, so it has a purpose like any viewing. */
export function Snapshots({ id }: { id: string }) {
  const t = useText(deviceText)
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const [series, setSeries] = useState<Taken[]>([])
  const take = (purpose: ChosenPurpose) =>
    act.run(async () => {
      const body = { purpose_code: purpose.code, purpose_text: purpose.text }
      const { data } = await call<Snapshot>('POST', `/cameras/${id}/snapshots`, { body })
      setSeries((before) => [{ first: data, purpose }, ...before])
      setAsking(false)
    }, ['retrievals'])
  const begin = () => {
    const kept = rememberedPurpose()
    if (kept?.keep) void take(kept)
    else setAsking(true)
  }
  return (
    <section>
      <header className={css.sub}>
        <h3>{t('snapshot.title')}</h3>
        <Button size="small" loading={act.busy} onClick={begin}>{t('snapshot.take')}</Button>
      </header>
      {!asking && <ProblemNote error={act.problem} />}
      {series.length === 0 && <p className={css.hint}>{t('snapshot.teach')}</p>}
      <ul className={css.shots}>{series.map((one) => <Shot key={one.first.id} camera={id} taken={one} />)}</ul>
      <Modal open={asking} title={t('snapshot.take')} footer={null} onCancel={() => setAsking(false)} destroyOnHidden>
        <PurposeForm
          busy={act.busy}
          problem={act.problem}
          onChosen={(purpose) => {
            rememberPurpose(purpose)
            void take(purpose)
          }}
        />
      </Modal>
    </section>
  )
}

function Shot({ camera, taken }: { camera: string; taken: Taken }) {
  const t = useText(deviceText)
  const f = useFormat()
  const me = useMe()
  const shot = useSnapshot(camera, taken.first).data
  return (
    <li>
      {shot.pictures.map((source) => (
        <span key={source} className={css.shot}>
          <img src={source} alt={t('snapshot.of', { time: f.dateTime(shot.created_at) })} />
          <Watermark viewer={me.display_name} />
        </span>
      ))}
      <PurposeLine purpose={taken.purpose} />
      <span className={css.hint}>{f.dateTime(shot.created_at)} {shot.state !== 'done' && t(`snapshot.${shot.state}`)}</span>
    </li>
  )
}
