import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Popconfirm, Progress, Table, Tooltip } from 'antd'
import { useState } from 'react'
import { call, path } from '@/api/client'
import { Problem } from '@/api/problem'
import { exportLinks, isOver, useExports, type RecordingExport } from '@/api/recordings'
import { save } from '@/parts/live/snapshot'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './playback.module.css'
import { playbackText } from './text'

/** One's exports: how far they are, their files and certificates. */
export function ExportList() {
  const t = useText(playbackText)
  const f = useFormat()
  const exports = useExports()
  const items = exports.data?.items ?? []
  return (
    <Panel title={t('exports.title')} note={t('exports.note')} flush>
      <ProblemNote error={exports.error} onRetry={() => void exports.refetch()} />
      <Table<RecordingExport>
        size="small" rowKey="id" pagination={false} dataSource={items} loading={exports.isPending} scroll={{ x: 1000 }}
        locale={{ emptyText: <p className={css.hint}>{t('exports.none')}</p> }}
        columns={[
          { title: t('exports.asked'), key: 'asked', width: 170, render: (_, one) => f.dateTime(one.asked_at) },
          { title: t('exports.span'), key: 'span', width: 300, render: (_, one) => `${f.dateTime(one.from)} – ${f.time(one.to, true)}` },
          { title: t('exports.cameras'), key: 'cameras', render: (_, one) => one.files.map((file) => file.camera_name).join('、') || f.number(one.cameras.length) },
          { title: t('exports.state'), key: 'state', width: 190, render: (_, one) => <State one={one} /> },
          { title: '', key: 'acts', width: 330, render: (_, one) => <Acts one={one} /> },
        ]}
      />
    </Panel>
  )
}

/** The browser fetches the file by itself, so that it need not fit into memory. */
function fetchBy(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}

function State({ one }: { one: RecordingExport }) {
  const t = useText(playbackText)
  const f = useFormat()
  if (one.state === 'running') return <Progress percent={Math.round(one.progress * 100)} size="small" />
  return (
    <>
      {t(`exports.is.${one.state}`)}
      {one.words && <span className={css.sub}>{one.words}</span>}
      {one.state === 'done' && <span className={css.sub}>{t('exports.until', { at: f.dateTime(one.expires_at) })}</span>}
      {one.mask && <span className={css.sub}>{t('exports.masked')}</span>}
    </>
  )
}

function Acts({ one }: { one: RecordingExport }) {
  const t = useText(playbackText)
  const f = useFormat()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const failed = (error: unknown) => void message.error(error instanceof Problem ? (error.document.detail ?? error.document.title ?? error.message) : String(error))

  const fetchAll = async () => {
    setBusy(true)
    try {
      // Each is registered when it is fetched; the addresses are for this browser alone.
      const { proof, files } = await exportLinks(one.id)
      for (const file of files) {
        const name = `${one.id.slice(-12)}-${file.name}`
        if (proof === null) fetchBy(file.url, name)
        else save(await (await fetch(file.url, { headers: { 'X-Commonsight-Viewer': proof } })).blob(), name)
      }
      void queries.invalidateQueries({ queryKey: ['retrievals'] })
    } catch (error) {
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  const cancel = () => {
    call('DELETE', `/exports/${one.id}`).then(() => queries.invalidateQueries({ queryKey: ['exports'] }), failed)
  }
  if (!isOver(one)) return <Button size="small" onClick={cancel}>{t('exports.cancel')}</Button>
  if (one.state !== 'done' && one.state !== 'expired') return null
  const digest = one.files.map((file) => `${file.name}\nSHA-256 ${file.sha256}\nSM3 ${file.sm3}`).join('\n')
  return (
    <span className={css.acts}>
      {one.state === 'done' && <Button size="small" type="primary" loading={busy} onClick={() => void fetchAll()}>{t('exports.fetch', { size: f.bytes(one.files.reduce((sum, file) => sum + file.bytes, 0)) })}</Button>}
      <Tooltip title={<span className={css.digest}>{digest}</span>}>
        <Button size="small" href={path(`/exports/${one.id}/certificate`)} download>{t('exports.certificate')}</Button>
      </Tooltip>
      <Button size="small" href={path(`/exports/${one.id}/certificate.html`)} download>{t('exports.page')}</Button>
      {one.state === 'done' && (
        <Popconfirm title={t('exports.dropAsk')} okText={t('exports.drop')} onConfirm={cancel}>
          <Button size="small" type="text" danger>{t('exports.drop')}</Button>
        </Popconfirm>
      )}
    </span>
  )
}
