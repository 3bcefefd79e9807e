import type { Board } from '@/api/deployments'
import { Panel } from '@/parts/Page'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { BoardCameras } from './BoardCameras'
import { BoardIncidents } from './BoardIncidents'
import css from './deployments.module.css'
import { LogPart } from './LogPart'
import { BoardSums, FigureSums } from './Sums'
import { deploymentsText } from './text'

/** The live board: how it stands, incidents, people on duty, cameras, log. `quiet`: on a wall, where nobody writes. */
export function BoardPart({ board, quiet = false }: { board: Board; quiet?: boolean }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { deployment } = board
  return (
    <>
      <BoardSums board={board} />
      <div className={css.board}>
        <div className={css.column}>
          <Panel title={t('board.figures')}><FigureSums figures={board.figures} since={deployment.started_at} asOf={board.as_of} /></Panel>
          <Panel title={t('board.cameras')} note={f.number(board.cameras.length)}><BoardCameras cameras={board.cameras} /></Panel>
        </div>
        <div className={css.column}>
          <Panel title={t('board.duty')} note={board.handover_at ? t('board.handover', { at: f.dateTime(board.handover_at) }) : undefined}>
            {board.on_duty.length === 0
              ? <p className={css.bad}>{t('board.duty.none')}</p>
              : <ul className={css.duty}>{board.on_duty.map((one) => <li key={`${one.person} ${one.from}`}><b>{one.name}</b> {one.role} <span className={css.sub}>{one.unit}</span></li>)}</ul>}
          </Panel>
          <Panel title={t('board.incidents')}><BoardIncidents incidents={board.incidents} /></Panel>
          <Panel title={t('board.log')}><LogPart id={deployment.id} lines={board.log} quiet={quiet} /></Panel>
        </div>
      </div>
    </>
  )
}
