import { Alert, Button, Input } from 'antd'
import { useState } from 'react'
import { askRound, type RoundAsked } from '@/api/sweeps'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './sweeps.module.css'
import { sweepsText } from './text'

/** Starts a check of a region, or of the selection that the camera page brought. */
export function AskNow({ selection, onAsked }: { selection: string | null; onAsked: (id: string) => void }) {
  const t = useText(sweepsText)
  const f = useFormat()
  const act = useAct()
  const [region, setRegion] = useState<string | undefined>()
  const [title, setTitle] = useState('')
  const [asked, setAsked] = useState<RoundAsked | null>(null)
  const ask = () =>
    act.run(async () => {
      const { data } = await askRound(selection === null ? { region } : { region, selection }, title.trim())
      setAsked(data)
      onAsked(data.id)
    }, ['sweeps'])
  return (
    <>
      {selection !== null && <p>{t('ask.selection', { id: selection.slice(-6) })}</p>}
      <div className={css.form}>
        <RegionSelect {...(region === undefined ? {} : { value: region })} onChange={setRegion} placeholder={t('ask.region')} />
        <Input value={title} maxLength={100} placeholder={t('ask.name')} onChange={(event) => setTitle(event.target.value)} />
        <Button type="primary" loading={act.busy} disabled={region === undefined && selection === null} onClick={() => void ask()}>{t('ask.do')}</Button>
      </div>
      {region === undefined && selection === null && <p className={css.faint}>{t('ask.hint')}</p>}
      {asked && !act.problem && <Alert type="success" showIcon title={t('ask.begun', { count: f.number(asked.cameras) })} />}
      <ProblemNote error={act.problem} />
    </>
  )
}
