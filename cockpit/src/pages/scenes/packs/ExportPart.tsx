import { Button, Checkbox, Form, Input } from 'antd'
import { useState } from 'react'
import { exportPack, type Pack } from '@/api/packs'
import { save } from '@/parts/live/snapshot'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { CamerasPick } from './CamerasPick'
import { packsText } from './text'

const MOST = 50

/** What stands on some cameras, as one file. */
export function ExportPart() {
  const t = useText(packsText)
  const act = useAct()
  const [cameras, setCameras] = useState<string[]>([])
  const [name, setName] = useState('')
  const [note, setNote] = useState('')
  const [named, setNamed] = useState(false)
  const [made, setMade] = useState<Pack | null>(null)
  const go = () =>
    act.run(async () => {
      const pack = await exportPack({ cameras: cameras.map((camera_id) => ({ camera_id })), name: name.trim(), note: note.trim(), named })
      setMade(pack)
      // Written as it came: the digest is of the values, so that any JSON writer may have touched it.
      save(new Blob([JSON.stringify(pack, null, 1)], { type: 'application/json' }), `${name.trim().replace(/[\\/:*?"<>|\s]+/g, '-')}.scene-pack.json`)
    })
  return (
    <Panel title={t('export')}>
      <ProblemNote error={act.problem} />
      <Form layout="vertical">
        <Form.Item label={t('export.cameras')}><CamerasPick value={cameras} most={MOST} onChange={setCameras} /></Form.Item>
        <Form.Item label={t('export.name')} htmlFor="pack-name"><Input id="pack-name" maxLength={80} placeholder={t('export.nameHint')} value={name} onChange={(event) => setName(event.target.value)} /></Form.Item>
        <Form.Item label={t('export.text')} htmlFor="pack-note"><Input.TextArea id="pack-note" rows={2} maxLength={2000} value={note} onChange={(event) => setNote(event.target.value)} /></Form.Item>
        <Form.Item><Checkbox checked={named} onChange={(event) => setNamed(event.target.checked)}>{t('export.named')}</Checkbox></Form.Item>
        <Button type="primary" loading={act.busy} disabled={cameras.length === 0 || name.trim() === ''} onClick={() => void go()}>{t('export.do')}</Button>
      </Form>
      {made && <p role="status">{t('export.done', { n: Array.isArray(made.setups) ? made.setups.length : 0, sha: String(made.sha256).slice(0, 12) })}</p>}
    </Panel>
  )
}
