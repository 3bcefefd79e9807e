import { Button, Modal } from 'antd'
import { useEffect, useState, type ReactNode } from 'react'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { PurposeForm } from './PurposeForm'
import { PurposeLine } from './PurposeLine'
import { rememberPurpose, rememberedPurpose, type ChosenPurpose } from './purpose'

interface Props {
  camera: string
  /** On the button, and above the form that asks what for. */
  label: string
  title: string
  className?: string | undefined
  fetch: (purpose: ChosenPurpose) => Promise<Blob>
  /** The picture or clip at this address. */
  children: (url: string) => ReactNode
}

/** A picture or clip that was kept. Nothing is fetched before a person asks, and asking is a retrieval with a purpose. */
export function KeptPicture({ camera, label, title, className, fetch, children }: Props) {
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const [shown, setShown] = useState<{ url: string; purpose: ChosenPurpose } | null>(null)
  useEffect(() => () => {
    if (shown) URL.revokeObjectURL(shown.url)
  }, [shown])
  const show = (purpose: ChosenPurpose) =>
    act.run(async () => {
      const picture = await fetch(purpose)
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
      <figure className={className}>
        {children(shown.url)}
        <figcaption><PurposeLine purpose={shown.purpose} /></figcaption>
      </figure>
    )
  }
  return (
    <>
      <Button size="small" loading={act.busy} onClick={begin}>{label}</Button>
      {!asking && <ProblemNote error={act.problem} />}
      <Modal open={asking} title={title} footer={null} onCancel={() => setAsking(false)} destroyOnHidden>
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
