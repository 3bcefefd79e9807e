import { Alert, Button, Descriptions, Tabs } from 'antd'
import { useState } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { useBoard, useCheck, useDeployment, type Deployment } from '@/api/deployments'
import { useScenes } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { choiceWords } from '@/pages/grants/words'
import { grantsText } from '@/pages/grants/text'
import { useTagWord } from '@/pages/grants/useTagWord'
import { unitWord } from '@/pages/scenes/kinds/words'
import { ScenesNav } from '@/pages/scenes/ScenesNav'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useBilingual, useLanguage, useText } from '@/text/language'
import { BoardPart } from './BoardPart'
import { DeploymentForm } from './DeploymentForm'
import css from './deployments.module.css'
import { Findings } from './Findings'
import { ReportPart } from './ReportPart'
import { StateTag } from './StateTag'
import { deploymentsText } from './text'
import { useDeploymentPulse } from './useDeploymentPulse'
import { useStep } from './useStep'

/** One deployment: its live board, its plan with what it lacks, its report. */
export default function DeploymentPage() {
  const t = useText(deploymentsText)
  const can = useCan()
  const { id = '' } = useParams()
  const [search, setSearch] = useSearchParams()
  const [editing, setEditing] = useState(false)
  const read = useDeployment(id)
  const step = useStep()
  useDeploymentPulse()
  const one = read.data?.data
  const write = can('deployments.write') && (one?.wide ?? false)
  const first = one?.state === 'planned' || one?.state === 'cancelled' ? 'plan' : one?.state === 'over' ? 'report' : 'board'
  const shown = search.get('part') ?? first
  return (
    <div className={css.page}>
      <PageHead title={one?.name ?? t('title')} note={one && <><StateTag state={one.state} /> {one.place}</>}>
        {one?.state === 'running' && <Link to={`/scenes/deployments/${id}/screen`}><Button>{t('full')}</Button></Link>}
        {one && write && (one.state === 'planned' || one.state === 'running') && <Button onClick={() => setEditing(true)}>{t('edit')}</Button>}
        {one && write && one.actions.map((action) => <Button key={action} type={action === 'start' ? 'primary' : 'default'} disabled={step.busy} onClick={() => step.take(one, action)}>{t(`action.${action}`)}</Button>)}
      </PageHead>
      <ScenesNav />
      <ProblemNote error={read.error ?? step.problem} onRetry={() => void read.refetch()} />
      {one && !one.wide && <Alert type="info" showIcon title={t('narrow')} />}
      {one && (
        <Tabs
          activeKey={shown} destroyOnHidden onChange={(part) => setSearch({ part }, { replace: true })}
          items={[
            { key: 'board', label: t('tab.board'), children: <Live one={one} /> },
            { key: 'plan', label: t('tab.plan'), children: <Plan one={one} /> },
            { key: 'report', label: t('tab.report'), children: <ReportPart one={one} /> },
          ]}
        />
      )}
      {editing && one && <DeploymentForm present={one} etag={read.data?.etag} onClose={() => setEditing(false)} />}
    </div>
  )
}

function Live({ one }: { one: Deployment }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const board = useBoard(one.id)
  if (!one.started_at) return <Panel><Teach title={t('board.soon')}>{t('board.soon.text', { at: f.dateTime(one.starts_at) })}</Teach></Panel>
  return (
    <>
      <ProblemNote error={board.error} onRetry={() => void board.refetch()} />
      {board.data && <BoardPart board={board.data} />}
    </>
  )
}

function Plan({ one }: { one: Deployment }) {
  const t = useText(deploymentsText)
  const g = useText(grantsText)
  const f = useFormat()
  const tag = useTagWord()
  const pick = useBilingual()
  const { language } = useLanguage()
  const cards = useScenes().data?.items ?? []
  const ahead = one.state === 'planned' || one.state === 'running'
  const check = useCheck(one.id, ahead)
  const scene = (code: string) => { const card = cards.find((each) => each.code === code); return card ? pick(card.name) : code }
  const settings = (code: string, given: Record<string, number>) => {
    const card = cards.find((each) => each.code === code)
    return Object.entries(given).map(([key, value]) => { const parameter = card?.parameters.find((each) => each.code === key); return `${parameter ? pick(parameter.name) : key} ${f.number(value, Number.isInteger(value) ? 0 : 2)} ${unitWord(language, parameter?.unit ?? '')}` }).join('，')
  }
  return (
    <div className={css.column}>
      {ahead && <ProblemNote error={check.error} onRetry={() => void check.refetch()} />}
      {check.data && <Findings checked={check.data} />}
      <Panel>
        <Descriptions
          size="small" column={1}
          items={[
            { key: 'purpose', label: t('form.purpose'), children: one.purpose || '—' },
            { key: 'period', label: t('form.period'), children: `${f.dateTime(one.starts_at)} – ${f.dateTime(one.ends_at)}` },
            { key: 'cameras', label: t('form.cameras'), children: choiceWords(g, tag, one.choice) },
            { key: 'scenes', label: t('form.scenes'), children: <div>{one.scenes.map((each) => <div key={each.scene}>{scene(each.scene)} <span className={css.sub}>{settings(each.scene, each.settings)}</span></div>)}</div> },
            { key: 'duty', label: t('form.duty'), children: <div>{one.shifts.map((shift) => <div key={`${shift.person} ${shift.from}`}>{f.dateTime(shift.from)} – {f.dateTime(shift.to)} <b>{shift.name}</b> {shift.role}</div>)}</div> },
            { key: 'factor', label: t('form.factor'), children: f.number(one.factor, 1) },
            { key: 'capacity', label: t('form.capacity'), children: f.number(one.capacity) },
            { key: 'notes', label: t('form.notes'), children: one.notes || '—' },
            { key: 'by', label: t('col.by'), children: `${one.by_name} ${one.unit}` },
          ]}
        />
      </Panel>
    </div>
  )
}
