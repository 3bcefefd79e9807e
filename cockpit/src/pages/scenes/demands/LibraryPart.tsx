import { Button, Rate, Tag } from 'antd'
import { Link } from 'react-router'
import { useLibrary, type PublishedCase, type Recipe } from '@/api/demands'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './demands.module.css'
import { demandsText } from './text'

/** Proven uses of scenes: recipes of the platform, and needs that were reviewed and published here. */
export function LibraryPart({ onUse }: { onUse: (scene: string) => void }) {
  const t = useText(demandsText)
  const found = useLibrary()
  const cases = found.data?.cases ?? []
  return (
    <>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <h2 className={css.section}>{t('library.cases')}</h2>
      {found.data && cases.length === 0 && <Teach title={t('library.cases.none')} />}
      <div className={css.grid}>{cases.map((one) => <Case key={one.demand} one={one} />)}</div>
      <h2 className={css.section}>{t('library.recipes')}</h2>
      <p className={css.hint}>{t('library.recipes.note')}</p>
      <div className={css.grid}>{found.data?.recipes.map((one) => <RecipeCard key={one.code} one={one} onUse={onUse} />)}</div>
    </>
  )
}

function RecipeCard({ one, onUse }: { one: Recipe; onUse: (scene: string) => void }) {
  const t = useText(demandsText)
  const f = useFormat()
  const can = useCan()
  const { accuracy } = one
  const measured = ([['error', accuracy?.error], ['recall', accuracy?.recall], ['precision', accuracy?.precision]] as const).filter(([, value]) => value != null)
  return (
    <article className={css.card}>
      <h3>{one.title}</h3>
      <div><Tag>{one.scene_name}</Tag><span className={css.hint}>{one.who}</span></div>
      <p>{one.what}</p>
      <b>{t('library.draw')}</b>
      <ul>{one.draw.map((line) => <li key={line}>{line}</li>)}</ul>
      <b>{t('library.limits')}</b>
      <ul>{one.limits.map((line) => <li key={line}>{line}</li>)}</ul>
      <footer>
        {one.installed
          ? <span className={css.hint}>{measured.length === 0 ? t('accuracy.unknown') : measured.map(([name, value]) => `${t(`accuracy.${name}`)} ${f.percent(value, 0)}`).join(' · ')}</span>
          : <span className={css.bad}>{t('library.missing')}</span>}
        {one.installed && can('demands.write') && <Button size="small" onClick={() => onUse(one.scene)}>{t('library.use')}</Button>}
      </footer>
    </article>
  )
}

function Case({ one }: { one: PublishedCase }) {
  const t = useText(demandsText)
  const f = useFormat()
  return (
    <article className={css.card}>
      <h3><Link to={`/scenes/demands/${one.demand}`}>{one.title}</Link></h3>
      <div><Tag>{one.scene_name}</Tag><span className={css.hint}>{one.unit}</span></div>
      <p>{one.words}</p>
      <blockquote>{one.review}</blockquote>
      <footer>
        <Rate disabled value={one.mark ?? 0} />
        <span className={css.hint}>{t('library.figures', { cameras: f.number(one.cameras), figures: f.number(one.benefit.figures), incidents: f.number(one.benefit.incidents) })}</span>
      </footer>
    </article>
  )
}
