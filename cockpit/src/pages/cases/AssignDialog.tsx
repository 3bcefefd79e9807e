import { Modal, Select } from 'antd'
import { useState, type ReactNode } from 'react'
import { useCandidates } from '@/api/cases'
import type { Candidate } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import css from './cases.module.css'
import { casesText } from './text'

interface Props {
  region: string
  /** Of the cases: orders of maintenance go to firms, too. */
  kind?: string
  note?: ReactNode
  busy: boolean
  problem: unknown
  onAssign: (to: Candidate) => void
  onClose: () => void
}

/** Chooses who is to handle cases of a region: a person, or everybody of an organisation. */
export function AssignDialog({ region, kind: what = '', note, busy, problem, onAssign, onClose }: Props) {
  const t = useText(casesText)
  const p = useText(partsText)
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState<string>()
  const found = useCandidates(region, useSettled(typed.trim(), 250), what)
  const items = found.data?.items ?? []
  const option = (one: Candidate) => ({
    value: `${one.kind}:${one.id}`,
    label: `${one.name}${one.detail ? ` · ${one.kind === 'organisation' ? t('assign.size', { n: one.detail }) : one.detail}` : ''}`,
  })
  const group = (kind: Candidate['kind'], label: string) => {
    const options = items.filter((one) => one.kind === kind).map(option)
    return options.length > 0 ? [{ label, options }] : []
  }
  const to = items.find((one) => `${one.kind}:${one.id}` === chosen)
  return (
    <Modal
      open title={t('assign.title')} okText={t('act.assign')} cancelText={p('common.cancel')} confirmLoading={busy}
      okButtonProps={{ disabled: to === undefined }} onOk={() => to && onAssign(to)} onCancel={onClose}
    >
      <div className={css.form}>
        {note}
        <Select
          aria-label={t('assign.title')}
          autoFocus
          showSearch={{ filterOption: false, onSearch: setTyped }}
          placeholder={t('assign.hint')}
          loading={found.isFetching}
          value={chosen}
          options={[...group('person', t('assign.people')), ...group('organisation', t('assign.units'))]}
          onChange={(value: string) => setChosen(value)}
        />
        <p className={css.faint}>{t('assign.hint')}</p>
        <ProblemNote error={problem ?? found.error} />
      </div>
    </Modal>
  )
}
