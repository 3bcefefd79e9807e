import { App, Button, Input, Modal, Rate } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { publishDemand, unpublishDemand, type Benefit, type Demand } from '@/api/demands'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { HowKnown, SOLID_COVERAGE } from '@/parts/HowKnown'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './demands.module.css'
import { demandsText, type DemandsKey } from './text'

const SHOWN_SECONDS = 30
const LACKS = ['drawn', 'ground', 'taken', 'scene'] as const
const MEMBER_STATES = ['waiting', 'on', 'failed', 'leaving', 'back'] as const

/** What a need was good for: figures, incidents, cameras not built, and what the department says of it. */
export function BenefitPart({ one }: { one: Demand }) {
  const t = useText(demandsText)
  const f = useFormat()
  return (
    <Panel title={t('part.benefit')} actions={one.state === 'reviewed' && <Publish one={one} />}>
      {one.benefit ? <Sums good={one.benefit} since={one.running_at} /> : <Teach title={t('benefit.none')} />}
      {one.mark !== null && (
        <>
          <p><Rate disabled value={one.mark} /> <span className={css.hint}>{t('review.by', { by: one.reviewed_by, at: f.dateTime(one.reviewed_at) })}</span></p>
          <blockquote>{one.review}</blockquote>
        </>
      )}
      {one.members.length > 0 && (
        <>
          <h3 className={css.section}>{t('part.members')}</h3>
          {one.members.map((member) => {
            const state = MEMBER_STATES.find((each) => each === member.state)
            const why = member.missing.map(({ what }) => { const lack = LACKS.find((each) => each === what); return lack ? t(`member.missing.${lack}`) : t('member.missing.other', { what }) }).join('；')
            return (
              <div key={member.id}>
                <HealthMark health={member.health} /> <Link to={`/cameras/${member.id}`}>{member.name}</Link> <span className={css.hint}>{state && t(`member.state.${state}`)} {member.reused && t('member.reused')}</span> {why && <span className={css.bad}>{why}</span>}
              </div>
            )
          })}
        </>
      )}
    </Panel>
  )
}

function Sums({ good, since }: { good: Benefit; since: string | null }) {
  const t = useText(demandsText)
  const f = useFormat()
  const rows: readonly (readonly [DemandsKey, string, DemandsKey])[] = [
    ['benefit.figures', f.number(good.figures), 'benefit.figures.how'],
    ['benefit.coverage', f.percent(good.coverage, 0), 'benefit.coverage.how'],
    ['benefit.hours', f.number(good.hours, 1), 'benefit.hours.how'],
    ['benefit.incidents', f.number(good.incidents), 'benefit.incidents.how'],
    ['benefit.saved', f.number(good.saved), 'benefit.saved.how'],
  ]
  return (
    <dl className={css.sums}>
      {rows.map(([name, value, how]) => (
        <div key={name} data-hollow={name === 'benefit.coverage' && good.coverage !== null && good.coverage < SOLID_COVERAGE}>
          <dt>{t(name)}<HowKnown name={t(name)} basis={{ definition: t(how, { closed: good.closed, wrong: good.wrong }), since, asOf: good.until }} /></dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Publish({ one }: { one: Demand }) {
  const t = useText(demandsText)
  const can = useCan()
  const act = useAct()
  const { notification } = App.useApp()
  const [asking, setAsking] = useState(false)
  const [words, setWords] = useState('')
  if (!can('analysis.write')) return null
  const withdraw = () => void act.run(() => unpublishDemand(one.id), ['demands'])
  const publish = async () => {
    if (!(await act.run(() => publishDemand(one.id, words), ['demands']))) return
    setAsking(false)
    notification.open({
      key: one.id, duration: SHOWN_SECONDS, title: t('published'),
      actions: <Button size="small" type="primary" onClick={() => { notification.destroy(one.id); withdraw() }}>{t('unpublish')}</Button>,
    })
  }
  return (
    <>
      {one.published ? <Button size="small" loading={act.busy} onClick={withdraw}>{t('unpublish')}</Button> : <Button size="small" onClick={() => setAsking(true)}>{t('publish')}</Button>}
      {asking && (
        <Modal open title={t('publish')} okText={t('ok')} confirmLoading={act.busy} okButtonProps={{ disabled: !words.trim() }} onCancel={() => setAsking(false)} onOk={() => void publish()}>
          <p className={css.hint}>{t('publish.text')}</p>
          <Input.TextArea rows={4} maxLength={2000} aria-label={t('publish')} value={words} onChange={(event) => setWords(event.target.value)} />
          <ProblemNote error={act.problem} />
        </Modal>
      )}
    </>
  )
}
