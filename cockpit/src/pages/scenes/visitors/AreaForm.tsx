import { App, Button, Checkbox, Drawer, Form, Input, InputNumber, Segmented, Select } from 'antd'
import { useState } from 'react'
import { giveUpVisitorArea, saveVisitorArea, useDrawnGates, type Gate, type VisitorArea } from '@/api/visitors'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { visitorsText } from './text'
import css from './visitors.module.css'

const HOURS = Array.from({ length: 24 }, (_, hour) => ({ value: hour * 60, label: `${hour}:00` }))
const FOUR = 240

/** Sets up an area, or changes one. */
export function AreaForm({ area, onClose }: { area: VisitorArea | null; onClose: () => void }) {
  const t = useText(visitorsText)
  const { message, modal } = App.useApp()
  const act = useAct()
  const drawn = useDrawnGates()
  const [name, setName] = useState(area?.name ?? '')
  const [region, setRegion] = useState<string | undefined>(area?.region)
  const [capacity, setCapacity] = useState<number | null>(area?.capacity ?? null)
  const [warn, setWarn] = useState<number | null>(Math.round((area?.warn ?? 0.8) * 100))
  const [zero, setZero] = useState<number | null>(area ? area.zero : FOUR)
  const [gates, setGates] = useState<Gate[]>(area?.gates ?? [])
  const known = drawn.data?.items ?? []
  const choices = [
    ...known.map((one) => ({ camera: one.camera, line: one.line, label: `${one.camera_name} · ${one.line_name}` })),
    ...gates
      .filter((gate) => !known.some((one) => one.camera === gate.camera && one.line === gate.line))
      .map((gate) => ({ camera: gate.camera, line: gate.line, label: gate.line })),
  ]
  const of = (camera: string, line: string) => gates.find((gate) => gate.camera === camera && gate.line === line)
  const toggle = (camera: string, line: string, on: boolean) =>
    setGates(on ? [...gates, { camera, line, inward: 'in' }] : gates.filter((gate) => gate.camera !== camera || gate.line !== line))
  const turn = (camera: string, line: string, inward: Gate['inward']) =>
    setGates(gates.map((gate) => (gate.camera === camera && gate.line === line ? { ...gate, inward } : gate)))
  const ready = name.trim() && region && capacity && warn && gates.length > 0
  const save = async () => {
    if (!region || !capacity || !warn) return
    const body = { name: name.trim(), region, capacity, warn: warn / 100, zero, timezone: area?.timezone ?? 'Asia/Shanghai', gates }
    if (!(await act.run(() => saveVisitorArea(area, body), ['visitor-areas']))) return
    void message.success(t('form.saved'))
    onClose()
  }
  const giveUp = (gone: VisitorArea) => modal.confirm({
    title: t('form.giveUpAsk', { name: gone.name }),
    content: t('form.giveUpText'),
    okText: t('form.giveUp'),
    okButtonProps: { danger: true },
    onOk: async () => {
      if (await act.run(() => giveUpVisitorArea(gone), ['visitor-areas'])) onClose()
    },
  })
  return (
    <Drawer open size={520} title={area?.name ?? t('new')} onClose={onClose}>
      <Form layout="vertical">
        <Form.Item label={t('form.name')}>
          <Input aria-label={t('form.name')} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        <Form.Item label={t('form.region')}>
          <RegionSelect placeholder={t('form.region')} {...(region ? { value: region } : {})} onChange={setRegion} />
        </Form.Item>
        <Form.Item label={t('form.capacity')}>
          <InputNumber aria-label={t('form.capacity')} min={1} max={5_000_000} value={capacity} onChange={setCapacity} />
        </Form.Item>
        <Form.Item label={t('form.warn')}>
          <InputNumber aria-label={t('form.warn')} min={1} max={99} value={warn} onChange={setWarn} />
        </Form.Item>
        <Form.Item label={t('form.zero')} extra={t('form.zero.how')}>
          <Select aria-label={t('form.zero')} allowClear placeholder={t('form.zero.none')} value={zero} options={HOURS} onChange={(value: number | undefined) => setZero(value ?? null)} />
        </Form.Item>
        <Form.Item label={t('form.gates')} extra={t('form.gates.how')}>
          {drawn.data && choices.length === 0 && <p className={css.quiet}>{t('form.gates.none')}</p>}
          {choices.map(({ camera, line, label }) => {
            const gate = of(camera, line)
            return (
              <div key={`${camera} ${line}`} className={css.gate}>
                <Checkbox checked={gate !== undefined} onChange={(event) => toggle(camera, line, event.target.checked)}>{label}</Checkbox>
                {gate && (
                  <Segmented
                    size="small"
                    value={gate.inward}
                    options={(['in', 'out'] as const).map((value) => ({ value, label: t(`form.inward.${value}`) }))}
                    onChange={(value) => turn(camera, line, value)}
                  />
                )}
              </div>
            )
          })}
        </Form.Item>
        <ProblemNote error={act.problem ?? drawn.error} />
        <div className={css.row}>
          <Button type="primary" disabled={!ready} loading={act.busy} onClick={() => void save()}>{t('form.save')}</Button>
          {area && <Button danger onClick={() => void giveUp(area)}>{t('form.giveUp')}</Button>}
        </div>
      </Form>
    </Drawer>
  )
}
