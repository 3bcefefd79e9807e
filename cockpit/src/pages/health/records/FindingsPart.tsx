import { Button, Select, Table, Tag } from 'antd'
import { Link, useNavigate } from 'react-router'
import { chooseFound, SEVERITIES, useFileFields, useFindings, useRules, type Finding, type Severity } from '@/api/records'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './records.module.css'
import { recordsText } from './text'
import { findingsOf, scopeOf, type View } from './view'
import { useFieldName } from './words'

const COLOUR: Record<Severity, string> = { error: 'error', warning: 'warning', notice: 'default' }

/** What is wrong, by camera; the cameras behind it become a selection that every page understands. */
export function FindingsPart({ view, onChange }: { view: View; onChange: (next: Partial<View>) => void }) {
  const t = useText(recordsText)
  const f = useFormat()
  const pick = useBilingual()
  const name = useFieldName()
  const navigate = useNavigate()
  const act = useAct()
  const trail = useTrail()
  const fields = useFileFields()
  const rules = useRules(scopeOf(view))
  const asked = findingsOf(view)
  const findings = useFindings({ ...asked, after: trail.after, limit: 50 })
  const items = findings.data?.items
  const choose = () => act.run(async () => {
    const made = await chooseFound(asked)
    await navigate(`/cameras?selection=${made.id}`)
  })
  return (
    <Panel>
      <div className={css.bar}>
        <Select<string>
          allowClear showSearch={{ optionFilterProp: 'label' }} aria-label={t('findings.rule')} placeholder={t('findings.rule')} value={view.rule || null} style={{ width: 380 }}
          onChange={(rule: string | undefined) => onChange({ rule: rule ?? '' })}
          options={(rules.data?.items ?? []).filter((rule) => rule.findings > 0 || rule.code === view.rule).map((rule) => ({ value: rule.code, label: `${pick(rule)} (${f.number(rule.findings)})` }))}
        />
        <Select<Severity>
          allowClear aria-label={t('findings.severity')} placeholder={t('findings.severity')} value={view.severity || null}
          options={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))} onChange={(severity: Severity | undefined) => onChange({ severity: severity ?? '' })}
        />
        <Select<string>
          allowClear showSearch={{ optionFilterProp: 'label' }} aria-label={t('findings.field')} placeholder={t('findings.field')} value={view.field || null}
          options={[...(fields.data?.items ?? []).map((field) => ({ value: field.code, label: pick(field) })), { value: 'url', label: name('url') }]}
          onChange={(field: string | undefined) => onChange({ field: field ?? '' })}
        />
        <Button disabled={!items?.length} loading={act.busy} onClick={() => void choose()}>{t('findings.choose')}</Button>
      </div>
      <ProblemNote error={act.problem ?? findings.error} onRetry={() => void findings.refetch()} />
      {items?.length === 0 && <Teach title={t('findings.none')}>{t('findings.teach')}</Teach>}
      {items !== undefined && items.length > 0 && (
        <Table<Finding>
          size="small" rowKey={(row) => `${row.camera.id} ${row.rule} ${row.field}`} dataSource={items} pagination={false} scroll={{ x: 'max-content' }}
          columns={[
            { key: 'severity', title: t('findings.severity'), width: 80, render: (_, row) => <Tag color={COLOUR[row.severity]}>{t(`severity.${row.severity}`)}</Tag> },
            { key: 'camera', title: t('findings.camera'), render: (_, row) => <Link to={`/cameras/${row.camera.id}`}>{row.camera.name}<span className={css.code}>{row.camera.code}</span></Link> },
            { key: 'field', title: t('findings.field'), width: 140, render: (_, row) => name(row.field) },
            { key: 'message', title: t('findings.message'), render: (_, row) => <>{row.message}{row.twin && <> <Link to={`/cameras/${row.twin}`}>{t('findings.twin')}</Link></>}</> },
            { key: 'since', title: t('findings.since'), width: 170, render: (_, row) => f.dateTime(row.since) },
          ]}
        />
      )}
      <Pager trail={trail} next={findings.data?.next} />
    </Panel>
  )
}
