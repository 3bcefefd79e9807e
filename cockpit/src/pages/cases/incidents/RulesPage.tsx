import { Button, Popconfirm, Table } from 'antd'
import { useMemo, useState } from 'react'
import { dropRule, undoRuleChange, useIncidentRules, useRuleChanges, type Rule, type RuleBody, type RuleChange } from '@/api/incidents'
import { useRegion } from '@/api/queries'
import { useScenes } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { CasesNav } from '../CasesNav'
import css from '../cases.module.css'
import { hoursOf } from './hours'
import own from './incidents.module.css'
import { RuleForm } from './RuleForm'
import { incidentsText } from './text'
import { WhoWould } from './WhoWould'

/** Who is competent for which incident, where and when: rules, their history, and a question to them. */
export default function RulesPage() {
  const t = useText(incidentsText)
  const f = useFormat()
  const may = useCan()('incidents.write')
  const found = useIncidentRules()
  const act = useAct()
  const [editing, setEditing] = useState<Rule | 'new' | null>(null)
  const named = useNames()
  const minutes = (value: number | null) => (value === null ? t('rule.byKind') : t('rule.minutes', { n: value }))
  return (
    <div className={css.page}>
      <PageHead title={t('rulesTitle')} note={t('rulesNote')}>
        {may && <Button type="primary" onClick={() => setEditing('new')}>{t('rule.add')}</Button>}
      </PageHead>
      <CasesNav />
      <div className={own.two}>
        <div className={own.stack}>
          <Panel flush title={t('rulesTitle')}>
            <ProblemNote error={found.error ?? act.problem} onRetry={() => void found.refetch()} />
            <Table<Rule>
              size="small" rowKey="id" pagination={false} scroll={{ x: 1100 }} loading={found.isPending && !found.error} dataSource={found.data?.items ?? []}
              locale={{ emptyText: <Teach title={t('rules.none')}>{t('rules.noneText')}</Teach> }}
              columns={[
                { title: t('rule.note'), dataIndex: 'note', width: 170, ellipsis: true },
                { title: t('rule.what'), key: 'what', width: 150, render: (_, one) => named(one) },
                { title: t('rule.where'), key: 'where', width: 130, render: (_, one) => <Region code={one.region} /> },
                { title: t('rule.when'), key: 'when', width: 150, render: (_, one) => hoursOf(t, one) },
                { title: t('rule.who'), key: 'who', width: 150, render: (_, one) => (one.quiet ? t('rule.quietShort') : one.organisation || t('rule.nobody')) },
                { title: t('rule.acknowledge'), key: 'ack', width: 100, align: 'right', render: (_, one) => (one.quiet ? '—' : minutes(one.acknowledge_minutes)) },
                { title: t('rule.close'), key: 'close', width: 100, align: 'right', render: (_, one) => (one.quiet ? '—' : minutes(one.close_minutes)) },
                ...(may ? [{
                  key: 'act', width: 150, render: (_: unknown, one: Rule) => (
                    <>
                      <Button size="small" type="link" onClick={() => setEditing(one)}>{t('rule.edit')}</Button>
                      <Popconfirm title={t('rule.dropSure')} onConfirm={() => void act.run(() => dropRule(one.id), ['incident-rules'])}>
                        <Button size="small" type="link" danger>{t('rule.drop')}</Button>
                      </Popconfirm>
                    </>
                  ),
                }] : []),
              ]}
            />
          </Panel>
          <History may={may} named={named} when={(at) => f.dateTime(at)} />
        </div>
        <WhoWould />
      </div>
      {editing && <RuleForm rule={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </div>
  )
}

/** What a rule speaks of, by the names of scenes and incidents. */
function useNames(): (one: RuleBody) => string {
  const t = useText(incidentsText)
  const pick = useBilingual()
  const scenes = useScenes().data?.items
  return useMemo(() => {
    const names = new Map<string, string>()
    for (const scene of scenes ?? []) {
      names.set(scene.code, pick(scene.name))
      for (const incident of scene.incidents) names.set(`!${incident.code}`, pick(incident.name))
    }
    return (one) => (one.incident ? (names.get(`!${one.incident}`) ?? one.incident) : one.scene ? (names.get(one.scene) ?? one.scene) : t('rule.any'))
  }, [pick, scenes, t])
}

function Region({ code }: { code: string }) {
  const t = useText(incidentsText)
  const found = useRegion(code, code !== '')
  return <>{code === '' ? t('rule.anyWhere') : (found.data?.name ?? code)}</>
}

function History({ may, named, when }: { may: boolean; named: (one: RuleBody) => string; when: (at: string) => string }) {
  const t = useText(incidentsText)
  const act = useAct()
  const items = useRuleChanges().data?.items ?? []
  const did = (one: RuleChange) => t(one.before ? (one.after ? 'changes.changed' : 'changes.dropped') : 'changes.added')
  return (
    <Panel title={t('changes.title')}>
      <ProblemNote error={act.problem} />
      {items.length === 0 && <p className={own.faint}>{t('changes.none')}</p>}
      <ul className={own.moved}>
        {items.slice(0, 20).map((one) => {
          const of = one.after ?? one.before
          return (
            <li key={one.id}>
              {did(one)} <strong>{of?.note || (of && named(of))}</strong> <span className={own.faint}>{t('rule.by', { name: one.by_name, time: when(one.at) })}</span>{' '}
              {one.undone_at ? <span className={own.faint}>{t('changes.undone')}</span> : may && <Button size="small" type="link" loading={act.busy} onClick={() => void act.run(() => undoRuleChange(one.id), ['incident-rules'])}>{t('changes.undo')}</Button>}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
