import { Button, Input } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { writeLine, type Line } from '@/api/deployments'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './deployments.module.css'
import { deploymentsText } from './text'

/** The log of a deployment; people write into it what the platform cannot know. */
export function LogPart({ id, lines, quiet = false }: { id: string; lines: readonly Line[]; quiet?: boolean }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const can = useCan()
  const act = useAct()
  const [words, setWords] = useState('')
  const write = async () => {
    if (words.trim() && (await act.run(() => writeLine(id, words.trim()), ['deployments']))) setWords('')
  }
  return (
    <>
      {!quiet && can('deployments.write') && (
        <div className={css.write}>
          <Input value={words} maxLength={2000} placeholder={t('board.log.hint')} aria-label={t('board.log.write')} onChange={(event) => setWords(event.target.value)} onPressEnter={() => void write()} />
          <Button loading={act.busy} disabled={!words.trim()} onClick={() => void write()}>{t('board.log.write')}</Button>
        </div>
      )}
      <ProblemNote error={act.problem} />
      {lines.length === 0 && <p className={css.hint}>{t('board.log.none')}</p>}
      <ul className={css.log}>
        {lines.map((line) => (
          <li key={line.id}>
            <time dateTime={line.at}>{f.dateTime(line.at)}</time> {line.by_name && <b>{line.by_name}</b>} {line.words || line.said} {line.case && <Link to={`/cases/${line.case}`}>→</Link>}
          </li>
        ))}
      </ul>
    </>
  )
}
