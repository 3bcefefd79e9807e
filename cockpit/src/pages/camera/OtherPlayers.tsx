import { App, Button, Modal } from 'antd'
import { useState } from 'react'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { useView } from '@/parts/live/useView'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './CameraPage.module.css'
import { cameraText } from './text'

const DOORS = ['hls', 'rtsp', 'server', 'snapshot'] as const

/** Addresses of one camera for a player, a wall controller or a program: under a purpose and on the register like any viewing. */
export function OtherPlayers({ id, name }: { id: string; name: string }) {
  const t = useText(cameraText)
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('outside.open')}</Button>
      <Modal open={open} title={t('outside.title', { name })} footer={null} destroyOnHidden onCancel={() => setOpen(false)} width={640}>
        <Addresses id={id} />
      </Modal>
    </>
  )
}

/** Closing the dialog gives the permit back: whoever plays under it is cut off, which the text says. */
function Addresses({ id }: { id: string }) {
  const t = useText(cameraText)
  const f = useFormat()
  const { message } = App.useApp()
  const { open, busy, problem, ask } = useView(id, true)
  if (!open) return <PurposeForm cameraId={id} busy={busy} problem={problem} onChosen={(purpose) => void ask(purpose)} />
  const copy = async (address: string) => {
    await navigator.clipboard.writeText(address)
    void message.success(t('outside.copied'))
  }
  const doors = DOORS.flatMap((door) => (open.view.outlets[door] ? [[door, open.view.outlets[door]] as const] : []))
  return (
    <>
      <p>{t('outside.how', { until: f.dateTime(open.view.expires_at), id: open.view.retrieval_id })}</p>
      {doors.length === 0 && <p>{t('outside.none')}</p>}
      <dl className={css.outside}>
        {doors.map(([door, address]) => (
          <div key={door}>
            <dt>{t(`outside.${door}`)}</dt>
            <dd><code>{address}</code> <Button size="small" onClick={() => void copy(address)}>{t('outside.copy')}</Button></dd>
          </div>
        ))}
      </dl>
    </>
  )
}
