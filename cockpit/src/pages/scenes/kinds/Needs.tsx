import { Tag } from 'antd'
import type { Scene } from '@/api/scenes'
import { className } from '@/parts/names'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './kinds.module.css'
import { kindsText } from './text'

/** What a scene needs to be as accurate as its card says, in short. */
export function Needs({ scene }: { scene: Scene }) {
  const t = useText(kindsText)
  const p = useText(partsText)
  const f = useFormat()
  const { needs, targets } = scene
  const seconds = (value: number) => f.number(value, value < 1 ? 1 : 0)
  const drawn = targets.length > 1 ? 'needs.either' : targets[0] === 'line' ? 'needs.line' : 'needs.zone'
  const words = [
    t('needs.pace', { s: seconds(needs.slowest_seconds) }),
    ...(needs.burst_seconds < needs.slowest_seconds ? [t('needs.burst', { s: seconds(needs.burst_seconds) })] : []),
    t(`needs.${needs.decoding}`),
    needs.classes.length > 0 ? t('needs.classes', { classes: needs.classes.map((one) => className(p, one)).join(p('list.separator')) }) : t('needs.nodetector'),
    ...(needs.tracks ? [t('needs.tracks')] : []),
    ...(scene.targets_least > 0 ? [t(drawn)] : []),
    ...(scene.model ? [t('needs.model', { model: scene.model })] : []),
  ]
  return (
    <p className={css.needs}>
      {words.map((word) => <Tag key={word}>{word}</Tag>)}
      {needs.ground && <Tag color="gold">{t('needs.ground')}</Tag>}
    </p>
  )
}
