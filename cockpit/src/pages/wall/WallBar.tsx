import { ClearOutlined, FullscreenExitOutlined, FullscreenOutlined, PauseOutlined, CaretRightOutlined, QuestionCircleOutlined, UnorderedListOutlined } from '@ant-design/icons'
import { Button, InputNumber, Popover, Segmented } from 'antd'
import { PurposeLine } from '@/parts/live/PurposeLine'
import type { ChosenPurpose } from '@/parts/live/purpose'
import { useText } from '@/text/language'
import { SECONDS, SIZES, tours, type Change, type Hung } from './model'
import { wallText } from './text'
import css from './WallPage.module.css'

interface Props {
  hung: Hung
  purpose: ChosenPurpose | null
  paused: boolean
  listed: boolean
  full: boolean
  onChange: (change: Change) => void
  onPause: () => void
  onPurpose: () => void
  onList: () => void
  onFull: () => void
  onClear: () => void
}

/** Above the wall: how many cells, what runs, why it is looked at. */
export function WallBar({ hung, purpose, paused, listed, full, onChange, onPause, onPurpose, onList, onFull, onClear }: Props) {
  const t = useText(wallText)
  return (
    <div className={css.bar}>
      <Button icon={<UnorderedListOutlined />} aria-pressed={listed} onClick={onList}>{listed ? t('bar.hideList') : t('bar.list')}</Button>
      <Segmented
        aria-label={t('bar.size')}
        value={hung.size}
        options={SIZES.map((value) => ({ value, label: String(value) }))}
        onChange={(size) => onChange({ do: 'size', size })}
      />
      {tours(hung) && (
        <Button icon={paused ? <CaretRightOutlined /> : <PauseOutlined />} onClick={onPause}>{paused ? t('tour.go') : t('tour.pause')}</Button>
      )}
      {hung.tour && (
        <label className={css.every}>
          {t('source.every')}
          <InputNumber
            size="small" min={SECONDS.least} max={SECONDS.most} precision={0} value={hung.tour.seconds}
            onChange={(seconds) => hung.tour && onChange({ do: 'tour', tour: { ...hung.tour, seconds: seconds ?? SECONDS.usual } })}
          />
          {t('source.seconds')}
        </label>
      )}
      <span className={css.purpose}>
        {purpose && <PurposeLine purpose={purpose} />}
        {purpose && <Button size="small" type="link" onClick={onPurpose}>{t('bar.purpose')}</Button>}
      </span>
      <Popover placement="bottomRight" trigger="click" content={<Keys />}>
        <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t('keys.title')} title={t('keys.title')} />
      </Popover>
      <Button icon={<ClearOutlined />} aria-label={t('bar.clear')} title={t('bar.clear')} onClick={onClear} />
      <Button icon={full ? <FullscreenExitOutlined /> : <FullscreenOutlined />} onClick={onFull}>{full ? t('bar.leave') : t('bar.full')}</Button>
    </div>
  )
}

const KEYS = [
  ['←↑→↓', 'keys.move'], ['Enter', 'keys.big'], ['Delete', 'keys.empty'], ['Space', 'keys.pause'],
  ['s', 'keys.snapshot'], ['r', 'keys.replay'], ['p', 'keys.steer'], ['f', 'keys.full'],
] as const

function Keys() {
  const t = useText(wallText)
  return (
    <dl className={css.keys}>
      {KEYS.map(([key, label]) => (
        <div key={key}>
          <dt><kbd>{key}</kbd></dt>
          <dd>{t(label)}</dd>
        </div>
      ))}
    </dl>
  )
}
