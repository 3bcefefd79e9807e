import { useQueryClient } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { call, type Answer } from '@/api/client'
import type { Camera } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { EditCamera } from './EditCamera'
import { OtherPlayers } from './OtherPlayers'
import { cameraText } from './text'

/** Check, edit, archive and restore; archiving says what is lost and can be undone. */
export function CameraActions({ read }: { read: Answer<Camera> }) {
  const t = useText(cameraText)
  const p = useText(partsText)
  const can = useCan()
  const { message, modal } = App.useApp()
  const queries = useQueryClient()
  const [editing, setEditing] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const camera = read.data

  const run = async (work: () => Promise<unknown>, done?: () => void) => {
    setProblem(null)
    try {
      await work()
      for (const key of ['camera', 'cameras', 'tree', 'camera-map', 'probes']) void queries.invalidateQueries({ queryKey: [key] })
      done?.()
    } catch (error) {
      setProblem(error)
    }
  }
  const restore = () => run(() => call('POST', `/cameras/${camera.id}/restore`), () => void message.success(t('restore.done')))
  const archive = () => {
    void modal.confirm({
      title: t('archive.title', { name: camera.name }),
      content: t('archive.text'),
      okText: t('act.archive'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: () =>
        run(
          () => call('DELETE', `/cameras/${camera.id}`),
          () => {
            const key = `archived-${camera.id}`
            void message.success({
              key,
              duration: 10,
              content: (
                <>
                  {t('archive.done', { name: camera.name })}{' '}
                  <Button type="link" size="small" onClick={() => { message.destroy(key); void restore() }}>{t('archive.undo')}</Button>
                </>
              ),
            })
          },
        ),
    })
  }
  const check = () => run(() => call('POST', `/cameras/${camera.id}/probes`), () => {
    void message.info(t('act.checking'))
    // The check takes a few seconds; look again when it is likely to be done.
    window.setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ['probes', camera.id] })
      void queries.invalidateQueries({ queryKey: ['camera', camera.id] })
    }, 4000)
  })

  return (
    <>
      <ProblemNote error={problem} />
      {can('pictures.view') && camera.source && !camera.archived_at && <Link to={`/video?camera=${camera.id}`}><Button>{t('act.wall')}</Button></Link>}
      {can('pictures.view') && camera.source && !camera.archived_at && <OtherPlayers id={camera.id} name={camera.name} />}
      {can('health.write') && camera.source && !camera.archived_at && <Button onClick={() => void check()}>{t('act.check')}</Button>}
      {can('cameras.write') && !camera.archived_at && (
        <>
          <Button onClick={() => setEditing(true)}>{t('act.edit')}</Button>
          <Button danger onClick={archive}>{t('act.archive')}</Button>
        </>
      )}
      {can('cameras.write') && camera.archived_at && <Button type="primary" onClick={() => void restore()}>{t('act.restore')}</Button>}
      {editing && <EditCamera read={read} onClose={() => setEditing(false)} />}
    </>
  )
}
