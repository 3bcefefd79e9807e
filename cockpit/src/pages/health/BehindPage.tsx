import { Spin } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { SCOPE_KINDS, selectBehind, type Behind, type ScopeKind } from '@/api/health'
import { PageHead } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import css from './health.module.css'
import { HealthNav } from './HealthNav'
import { healthText } from './text'

const WHICH: readonly Behind[] = ['lacking', 'unknown', 'exempt', 'repairs']

/** On the way from a figure to its cameras: keeps them as a selection and goes on to the list of it. */
export default function BehindPage() {
  const t = useText(healthText)
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const [problem, setProblem] = useState<unknown>(null)
  const begun = useRef<string | null>(null)
  const asked = search.toString()
  useEffect(() => {
    // Made once, however often the page is drawn: each is a selection of its own.
    if (begun.current === asked) return
    begun.current = asked
    const said = new URLSearchParams(asked)
    const kind = SCOPE_KINDS.find((one) => one === said.get('kind')) ?? ('region' satisfies ScopeKind)
    const which = WHICH.find((one) => one === said.get('which')) ?? 'lacking'
    const region = said.get('region') ?? '45'
    selectBehind({ kind, scope: said.get('scope') ?? '', region }, said.get('indicator') ?? '', which, Number(said.get('orders') ?? 0))
      .then(({ id }) => navigate(`/cameras?selection=${id}`, { replace: true }))
      .catch(setProblem)
  }, [asked, navigate])
  return (
    <div className={css.page}>
      <PageHead title={t('title')} />
      <HealthNav />
      {problem === null ? <div className={css.waiting}><Spin size="small" /> {t('behind.gathering')}</div> : <ProblemNote error={problem} />}
    </div>
  )
}
