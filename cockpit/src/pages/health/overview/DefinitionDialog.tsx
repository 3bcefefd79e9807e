import { App, Button, InputNumber, Modal, Radio } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useDefinition, type Definition } from '@/api/health'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from '../health.module.css'
import { healthText } from '../text'

const READS = ['indicators', 'league', 'trend', 'what-if', 'definition'] as const

interface Said {
  variant: string
  aim: number | null
  alert: number | null
}

const said = ({ chosen, aim, alert }: Definition): Said => ({ variant: chosen, aim, alert })

/** Chooses how an indicator is counted here, and the bars it is held against. */
export function DefinitionDialog({ code, onClose }: { code: string; onClose: () => void }) {
  const t = useText(healthText)
  const p = useText(partsText)
  const pick = useBilingual()
  const f = useFormat()
  const { notification } = App.useApp()
  const found = useDefinition(code)
  const act = useAct()
  const [changed, setChanged] = useState<Said | null>(null)
  const before = found.data?.data
  const now = changed ?? (before && said(before))
  const put = (next: Said, ifMatch: string) => call<Definition>('PUT', `/health/definitions/${code}`, { body: next, ifMatch })
  const save = async () => {
    if (!changed || !before || !found.data) return
    let etag = ''
    const done = await act.run(async () => { etag = (await put(changed, found.data.etag ?? '*')).etag ?? '*' }, READS)
    if (!done) return
    const key = `define-${code}`
    notification.success({
      key,
      title: t('define.done', { name: pick(before.name) }),
      actions: <Button size="small" onClick={() => { notification.destroy(key); void act.run(() => put(said(before), etag), READS) }}>{t('undo')}</Button>,
      duration: 15,
    })
    onClose()
  }
  const bar = (which: 'aim' | 'alert') => now && (
    <label>
      {t(`define.${which}`)}
      <InputNumber
        min={0.1} max={100} step={0.5} suffix="%" placeholder={t('define.noBar')}
        value={now[which] === null ? null : Math.round(now[which] * 10_000) / 100}
        onChange={(value) => setChanged({ ...now, [which]: value === null ? null : value / 100 })}
      />
    </label>
  )
  return (
    <Modal
      open title={before ? t('define.title', { name: pick(before.name) }) : t('define.title', { name: code })}
      okText={p('common.save')} cancelText={p('common.cancel')} confirmLoading={act.busy} okButtonProps={{ disabled: changed === null }}
      onOk={() => void save()} onCancel={onClose}
    >
      <ProblemNote error={act.problem ?? found.error} />
      {before && now && (
        <div className={css.form}>
          <Radio.Group aria-label={t('define.variant')} value={now.variant} onChange={(event) => setChanged({ ...now, variant: event.target.value as string })}>
            {before.variants.map((one) => (
              <Radio key={one.code} value={one.code} className={css.variant}>
                <strong>{pick(one.name)}</strong>
                <code>{pick(one.formula_words)}</code>
                <span>{pick(one.definition)}</span>
              </Radio>
            ))}
          </Radio.Group>
          <div className={css.bars}>{bar('aim')}{bar('alert')}</div>
          <p className={css.faint}>
            {t('define.note')}
            {before.by_name !== null && ` ${t('define.by', { name: before.by_name, at: f.dateTime(before.at) })}`}
          </p>
        </div>
      )}
    </Modal>
  )
}
