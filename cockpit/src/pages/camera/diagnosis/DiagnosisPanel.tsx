import { DownloadOutlined } from '@ant-design/icons'
import { Alert, Button, Collapse } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { call, path } from '@/api/client'
import { useDiagnosis } from '@/api/control'
import type { Diagnosis } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './diagnosis.module.css'
import { Ladder } from './Ladder'
import { finding, hasTried } from './read'
import { StepList } from './StepList'

/** "Why doesn't it play?": a finding in plain words first, then everything it was read from. */
export function DiagnosisPanel({ id }: { id: string }) {
  const t = useText(deviceText)
  const queries = useQueryClient()
  const diagnosis = useDiagnosis(id)
  const act = useAct()
  const can = useCan()
  const run = () =>
    act.run(async () => {
      const { data } = await call<Diagnosis>('POST', `/cameras/${id}/diagnosis`)
      queries.setQueryData(['diagnosis', id], data)
    })
  const found = diagnosis.data
  return (
    <>
      <p className={css.bar}>
        {can('health.write') && <Button type="primary" size="small" loading={act.busy} onClick={() => void run()}>{act.busy ? t('diagnosis.running') : t('diagnosis.run')}</Button>}
        {found && found.ladder.length > 0 && can('gather.read') && (
          <Button size="small" icon={<DownloadOutlined aria-hidden />} href={path(`/cameras/${id}/diagnosis/capture`)} download>{t('diagnosis.capture')}</Button>
        )}
      </p>
      <ProblemNote error={act.problem ?? diagnosis.error} />
      {found && <Found found={found} />}
    </>
  )
}

function Found({ found }: { found: Diagnosis }) {
  const t = useText(deviceText)
  const f = useFormat()
  const { language } = useLanguage()
  const words = finding(found, language)
  return (
    <>
      <Alert type={words.tone} title={words.text} description={words.next && t('diagnosis.next', { text: words.next })} />
      {!hasTried(found) && <p className={css.hint}>{t('diagnosis.teach')}</p>}
      <p className={css.hint}>{t('diagnosis.lastGood')} {found.last_good_at ? `${f.dateTime(found.last_good_at)} (${f.ago(found.last_good_at)})` : t('diagnosis.never')}</p>
      {found.steps.length > 0 && <><h3 className={css.head}>{t('diagnosis.steps')}</h3><StepList steps={found.steps} /></>}
      <Stream found={found} />
      <Collapse
        size="small"
        className={css.more ?? ''}
        defaultActiveKey={['ladder']}
        items={[
          ...(found.ladder.length > 0 ? [{ key: 'ladder', label: t('diagnosis.ladder'), children: <Ladder steps={found.ladder} /> }] : []),
          ...(found.sdp.offer || found.sdp.answer
            ? [{
                key: 'sdp',
                label: t('diagnosis.sdp'),
                children: (
                  <div className={css.sdp}>
                    <div><h4>{t('diagnosis.offer')}</h4><pre>{found.sdp.offer ?? f.number(null)}</pre></div>
                    <div><h4>{t('diagnosis.answer')}</h4><pre>{found.sdp.answer ?? f.number(null)}</pre></div>
                  </div>
                ),
              }]
            : []),
        ]}
      />
    </>
  )
}

function Stream({ found }: { found: Diagnosis }) {
  const t = useText(deviceText)
  const f = useFormat()
  const { rtp, decoder } = found
  if (!rtp && !decoder) return null
  const total = rtp ? rtp.packets + rtp.lost : 0
  const share = total > 0 && rtp ? ` (${f.percent(rtp.lost / total)})` : ''
  const figures: [string, string][] = rtp
    ? [
        [t('rtp.packets'), f.number(rtp.packets)],
        [t('rtp.lost'), `${f.number(rtp.lost)}${share}`],
        [t('rtp.reordered'), f.number(rtp.reordered)],
        [t('rtp.bytes'), f.bytes(rtp.bytes)],
        ...(rtp.ssrc_expected ?? rtp.ssrc_seen ? [[t('rtp.ssrc'), `${rtp.ssrc_expected ?? f.number(null)} / ${rtp.ssrc_seen ?? f.number(null)}`] as [string, string]] : []),
      ]
    : []
  return (
    <>
      <h3 className={css.head}>{t('diagnosis.rtp')}</h3>
      {rtp?.packets === 0 && <p className={css.hint}>{t('rtp.none')}</p>}
      <dl className={css.figures}>
        {figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
        {decoder && <div><dt>{t('diagnosis.decoder')}</dt><dd>{t('diagnosis.errors', { n: f.number(decoder.errors) })}</dd></div>}
      </dl>
      {decoder?.words && <p className={css.hint}>{decoder.words}</p>}
    </>
  )
}
