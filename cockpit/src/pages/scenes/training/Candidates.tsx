import { Button, Input, Modal, Table, Tag } from 'antd'
import { useState } from 'react'
import { promote, rollBack, useCandidateModels, usePromotions, type Candidate } from '@/api/training'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { Measured, Weights } from './Measured'
import { trainingText, type TrainingKey } from './text'
import css from './training.module.css'

const COLOUR = { making: 'processing', failed: 'error', candidate: 'default', present: 'success', former: 'default' } as const

/** What was trained or measured, what of it runs, and the word of a person that changes it. */
export function Candidates() {
  const t = useText(trainingText)
  const f = useFormat()
  const may = useCan()('training.write')
  const found = useCandidateModels()
  const [asked, setAsked] = useState<{ one: Candidate; back: boolean } | null>(null)
  const kind = (one: Candidate) => (one.kind === 'head' ? t('kind.head') : t('kind.card', { name: one.card }))
  return (
    <Panel flush title={t('candidates.title')}>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <Table<Candidate>
        size="small" rowKey="id" pagination={false} scroll={{ x: 1080 }} loading={found.isPending && !found.error} dataSource={found.data?.items ?? []}
        locale={{ emptyText: <Teach title={t('candidates.none')}>{t('candidates.noneText')}</Teach> }}
        expandable={{ rowExpandable: (one) => one.weights.length > 0, expandedRowRender: (one) => <Weights one={one} /> }}
        columns={[
          { title: t('col.scene'), dataIndex: 'name', width: 140 },
          { title: t('col.kind'), key: 'kind', width: 190, render: (_, one) => kind(one) },
          { title: t('col.gain'), key: 'gain', render: (_, one) => <Measured one={one} /> },
          { title: t('col.state'), key: 'state', width: 110, render: (_, one) => <Tag color={COLOUR[one.state]}>{t(`cand.${one.state}` as TrainingKey, { why: '' })}</Tag> },
          { title: t('col.by'), key: 'by', width: 190, render: (_, one) => <span className={css.faint}>{one.by_name} · {f.dateTime(one.at)}</span> },
          {
            key: 'act', width: 100, fixed: 'right',
            render: (_, one) => may && (one.state === 'present'
              ? <Button size="small" danger onClick={() => setAsked({ one, back: true })}>{t('rollback.button')}</Button>
              : (one.state === 'candidate' || one.state === 'former') && <Button size="small" type="primary" onClick={() => setAsked({ one, back: false })}>{t('promote.button')}</Button>),
          },
        ]}
      />
      {asked && <Decide {...asked} onClose={() => setAsked(null)} />}
    </Panel>
  )
}

function Decide({ one, back, onClose }: { one: Candidate; back: boolean; onClose: () => void }) {
  const t = useText(trainingText)
  const act = useAct()
  const [reason, setReason] = useState('')
  const run = async () => {
    const work = () => (back ? rollBack(one.scene, one.kind, reason.trim()) : promote(one.id, reason.trim()))
    if (await act.run(work, ['training'])) onClose()
  }
  return (
    <Modal
      open title={t(back ? 'rollback.title' : 'promote.title')} confirmLoading={act.busy} okText={t(back ? 'rollback.button' : 'promote.button')}
      okButtonProps={{ disabled: reason.trim().length < 2, danger: back }} onOk={() => void run()} onCancel={onClose}
    >
      <div className={css.form}>
        <ProblemNote error={act.problem} />
        {!back && <p>{t(one.kind === 'head' ? 'promote.head' : 'promote.card')}</p>}
        <Measured one={one} />
        <label>{t('reason')}<Input.TextArea rows={2} maxLength={500} placeholder={t('reason.hint')} value={reason} onChange={(event) => setReason(event.target.value)} /></label>
      </div>
    </Modal>
  )
}

/** Promotions and roll-backs, the newest first. */
export function History() {
  const t = useText(trainingText)
  const f = useFormat()
  const items = usePromotions().data?.items ?? []
  return (
    <Panel title={t('history.title')}>
      {items.length === 0 && <p className={css.faint}>{t('history.none')}</p>}
      <ul style={{ margin: 0, paddingLeft: 18 }}>
        {items.slice(0, 30).map((one) => (
          <li key={one.id}>
            {t(`history.${one.action}`)} <strong>{one.name}</strong> · {one.reason} {one.cameras > 0 && t('history.cameras', { n: f.number(one.cameras) })} <span className={css.faint}>{one.by_name} · {f.dateTime(one.at)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
