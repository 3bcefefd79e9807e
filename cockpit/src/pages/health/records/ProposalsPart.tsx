import { App, Button, Segmented, Select, Table, Tag } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { READS, refuseProposals, usePreview, useProposals, useRules, type Chosen, type Proposal } from '@/api/records'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { ApplyDialog } from './ApplyDialog'
import css from './records.module.css'
import { recordsText } from './text'
import { scopeOf, type View } from './view'
import { useFieldName } from './words'

const SURE = ['all', 'certain', 'person'] as const
type Sure = (typeof SURE)[number]

/** What would put records right: chosen, looked at, applied as one batch. */
export function ProposalsPart({ view, onChange }: { view: View; onChange: (next: Partial<View>) => void }) {
  const t = useText(recordsText)
  const f = useFormat()
  const pick = useBilingual()
  const may = useCan()('cameras.write')
  const { message } = App.useApp()
  const act = useAct()
  const trail = useTrail()
  const [sure, setSure] = useState<Sure>('all')
  const [marked, setMarked] = useState<readonly string[]>([])
  const [applying, setApplying] = useState<Chosen | null>(null)
  const rules = useRules(scopeOf(view))
  const chosen: Chosen = {
    region: view.region, ...(view.rule ? { rule: view.rule } : {}), ...(sure === 'all' ? {} : { certain: sure === 'certain' }),
  }
  const preview = usePreview(chosen)
  const list = useProposals({ region: view.region, rule: view.rule, certain: sure === 'all' ? undefined : sure === 'certain', after: trail.after, limit: 50 })
  const items = list.data?.items
  const total = preview.data?.proposals ?? 0
  const refuse = async () => {
    if (await act.run(() => refuseProposals({ region: view.region, ids: marked }), READS)) {
      setMarked([])
      void message.success(t('proposals.refused'))
    }
  }
  return (
    <Panel>
      <div className={css.bar}>
        <Segmented<Sure> aria-label={t('proposals.which')} value={sure} options={SURE.map((value) => ({ value, label: t(`proposals.${value}`) }))} onChange={(next) => { setSure(next); setMarked([]); trail.restart() }} />
        <Select<string>
          allowClear showSearch={{ optionFilterProp: 'label' }} aria-label={t('findings.rule')} placeholder={t('findings.rule')} value={view.rule || null} style={{ width: 380 }}
          options={(rules.data?.items ?? []).filter((rule) => rule.repair !== 'none').map((rule) => ({ value: rule.code, label: pick(rule) }))}
          onChange={(rule: string | undefined) => onChange({ rule: rule ?? '' })}
        />
        <span className={css.faint}>{t('proposals.count', { n: f.number(total), cameras: f.number(preview.data?.cameras) })}</span>
        {may && marked.length > 0 && <>
          <Button type="primary" onClick={() => setApplying({ region: view.region, ids: marked })}>{t('proposals.apply', { n: f.number(marked.length) })}</Button>
          <Button loading={act.busy} onClick={() => void refuse()}>{t('proposals.refuse')}</Button>
        </>}
        {may && marked.length === 0 && total > 0 && <Button type="primary" onClick={() => setApplying(chosen)}>{t('proposals.applyAll', { n: f.number(total) })}</Button>}
      </div>
      <ProblemNote error={act.problem ?? list.error} onRetry={() => void list.refetch()} />
      {items?.length === 0 && <Teach title={t('proposals.none')}>{t('proposals.teach')}</Teach>}
      {items !== undefined && items.length > 0 && <Proposals items={items} marked={may ? marked : null} onMark={setMarked} />}
      <Pager trail={trail} next={list.data?.next} />
      {applying && <ApplyDialog chosen={applying} onClose={(done) => { setApplying(null); if (done) { setMarked([]); onChange({ part: 'repairs' }) } }} />}
    </Panel>
  )
}

/** Values before and after, with the reason. */
export function Proposals({ items, marked, onMark }: { items: readonly Proposal[]; marked?: readonly string[] | null; onMark?: (ids: readonly string[]) => void }) {
  const t = useText(recordsText)
  const f = useFormat()
  const name = useFieldName()
  const said = (row: Proposal, value: string) => (row.field === 'archived' && value ? t('proposals.archived') : value || t('proposals.empty'))
  return (
    <Table<Proposal>
      size="small" rowKey="id" dataSource={[...items]} pagination={false} scroll={{ x: 'max-content' }}
      {...(marked ? { rowSelection: { selectedRowKeys: [...marked], onChange: (keys: React.Key[]) => onMark?.(keys.map(String)) } } : {})}
      columns={[
        { key: 'camera', title: t('findings.camera'), render: (_, row) => <Link to={`/cameras/${row.camera.id}`}>{row.camera.name}<span className={css.code}>{row.camera.code}</span></Link> },
        { key: 'field', title: t('findings.field'), render: (_, row) => name(row.field) },
        { key: 'was', title: t('proposals.was'), render: (_, row) => <span className={css.was}>{said(row, row.was)}</span> },
        { key: 'becomes', title: t('proposals.becomes'), render: (_, row) => <strong className={css.becomes}>{said(row, row.becomes)}</strong> },
        { key: 'reason', title: t('proposals.reason'), render: (_, row) => row.reason },
        { key: 'confidence', title: t('proposals.confidence'), render: (_, row) => (row.certain ? <Tag color="success">{t('proposals.certain')}</Tag> : f.percent(row.confidence, 0)) },
      ]}
    />
  )
}
