import { Button } from 'antd'
import { Link, useParams } from 'react-router'
import { useBoard } from '@/api/deployments'
import { Clock } from '@/pages/cockpit/Clock'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { BoardPart } from './BoardPart'
import css from './deployments.module.css'
import { StateTag } from './StateTag'
import { deploymentsText } from './text'
import { useDeploymentPulse } from './useDeploymentPulse'

/** The live board for a wall: in the dark, large, nothing to work with. */
export default function ScreenPage() {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { id = '' } = useParams()
  const board = useBoard(id)
  useDeploymentPulse()
  const one = board.data?.deployment
  return (
    <div className={css.screen}>
      <header className={css.screenHead}>
        <h1>{one?.name}</h1>
        <span>{one?.place}</span>
        {one && <StateTag state={one.state} />}
        {one && <span>{f.dateTime(one.starts_at)} – {f.dateTime(one.ends_at)}</span>}
        <span><Clock /></span>
        <Link to={`/scenes/deployments/${id}`}><Button type="text">{t('tab.board')}</Button></Link>
      </header>
      <ProblemNote error={board.error} onRetry={() => void board.refetch()} />
      {board.data && <BoardPart board={board.data} quiet />}
    </div>
  )
}
