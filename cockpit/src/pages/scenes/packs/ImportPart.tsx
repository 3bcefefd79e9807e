import { Button, Checkbox, Form, Table } from 'antd'
import { useRef, useState } from 'react'
import { Link } from 'react-router'
import { applyPack, checkPack, type Checked, type Finding, type Pack } from '@/api/packs'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../kinds/kinds.module.css'
import { CamerasPick } from './CamerasPick'
import { packsText } from './text'

const MOST = 500
const CHANGED = ['pack-changes', 'scenes', 'scene-uses', 'analysis', 'cameras'] as const

/** A pack from elsewhere: what does not fit, said before anything is written. */
export function ImportPart() {
  const t = useText(packsText)
  const f = useFormat()
  const act = useAct()
  const file = useRef<HTMLInputElement>(null)
  const [pack, setPack] = useState<Pack | null>(null)
  const [cameras, setCameras] = useState<string[]>([])
  const [whole, setWhole] = useState(false)
  const [seen, setSeen] = useState<Checked | null>(null)
  const [laid, setLaid] = useState(false)
  const read = async (chosen: File | undefined) => {
    if (!chosen) return
    setSeen(null)
    setLaid(false)
    await act.run(async () => {
      let given: Pack
      try {
        given = JSON.parse(await chosen.text()) as Pack
      } catch {
        throw new Error(t('import.broken'))
      }
      const found = await checkPack({ pack: given, cameras, whole })
      setPack(given)
      setSeen(found)
    })
  }
  const check = (next: { cameras?: string[]; whole?: boolean }) => {
    const meant = { cameras, whole, ...next }
    setCameras(meant.cameras)
    setWhole(meant.whole)
    setLaid(false)
    if (pack) void act.run(async () => setSeen(await checkPack({ pack, ...meant })))
  }
  const apply = () =>
    act.run(async () => {
      if (pack) setSeen(await applyPack({ pack, cameras, whole }))
      setLaid(true)
    }, CHANGED)
  const fitting = seen?.cameras.filter((one) => one.laid > 0).length ?? 0
  return (
    <Panel title={t('import')}>
      <ProblemNote error={act.problem} />
      <input ref={file} type="file" accept=".json,application/json" hidden onChange={(event) => void read(event.target.files?.[0])} />
      <p><Button loading={act.busy && !pack} onClick={() => file.current?.click()}>{t('import.choose')}</Button></p>
      {!seen && <Teach title={t('import.none')} />}
      {seen && (
        <Form layout="vertical">
          <p><strong>{t('import.about', { name: seen.name, by: seen.made_by || '—', at: f.dateTime(seen.made_at) })}</strong></p>
          {seen.note && <p className={css.faint}>{seen.note}</p>}
          <Table
            size="small" pagination={false} rowKey={(one) => `${one.scene} ${one.name}`} dataSource={seen.setups}
            columns={[
              { title: t('import.scene'), render: (_, one) => <>{one.name} <span className={css.faint}>{one.scene} · {one.accuracy > 0 ? t('import.accuracy', { n: one.accuracy }) : t('import.noAccuracy')}</span></> },
              { title: t('import.fit'), render: (_, one) => <Findings of={one.findings} fits={t('import.fits')} /> },
            ]}
          />
          <Form.Item label={t('import.cameras')} style={{ marginTop: 12 }}><CamerasPick value={cameras} most={MOST} onChange={(next) => check({ cameras: next })} /></Form.Item>
          <Form.Item><Checkbox checked={whole} onChange={(event) => check({ whole: event.target.checked })}>{t('import.whole')}</Checkbox></Form.Item>
          {seen.cameras.length > 0 && (
            <Table
              size="small" rowKey="camera_id" dataSource={seen.cameras} pagination={seen.cameras.length > 10 ? { pageSize: 10 } : false}
              columns={[
                { title: t('import.camera'), render: (_, one) => <Link to={`/scenes/tune/${one.camera_id}`}>{one.name}</Link> },
                { title: t('import.fit'), render: (_, one) => <Findings of={one.findings} fits={t('import.laid', { n: one.laid })} /> },
              ]}
            />
          )}
          <p><Button type="primary" loading={act.busy} disabled={fitting === 0 || laid} onClick={() => void apply()}>{t('import.apply', { n: fitting })}</Button></p>
          {laid && <p role="status">{t('import.applied', { n: fitting })}</p>}
        </Form>
      )}
    </Panel>
  )
}

function Findings({ of, fits }: { of: readonly Finding[]; fits: string }) {
  const t = useText(packsText)
  return (
    <>
      {!of.some((one) => one.blocks) && <div>{fits}</div>}
      {of.map((one, index) => <div key={index} className={css.faint}>{t(`finding.${one.code}`, { what: one.what, expected: one.expected, actual: one.actual })}</div>)}
    </>
  )
}
