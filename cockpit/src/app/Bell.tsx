import { BellOutlined } from '@ant-design/icons'
import { Badge } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { NavLink } from 'react-router'
import { useUnread } from '@/api/cases'
import type { LiveMessage } from '@/api/live'
import { useLive } from '@/api/liveContext'
import { useText } from '@/text/language'
import { useCan, useMe } from './auth'
import shell from './Shell.module.css'
import { appText } from './text'

/** How many notices a person has not read. The live topic only says who has something new; each page asks for its own. */
export function Bell() {
  const t = useText(appText)
  const can = useCan()
  const me = useMe()
  const queries = useQueryClient()
  const may = can('cases.read')
  const unread = useUnread(may).data
  useLive('notices', useCallback(({ data }: LiveMessage) => {
    const told = data as { people?: string[]; reload?: boolean }
    if (told.reload || told.people?.includes(me.id)) void queries.invalidateQueries({ queryKey: ['notices'] })
  }, [me.id, queries]), may)
  if (!may) return null
  const count = unread?.unread ?? 0
  return (
    <NavLink to="/cases/notices" className={shell.place} aria-label={t('bell.label', { n: unread?.more ? `${count}+` : count })}>
      <Badge count={unread?.more ? `${count - 1}+` : count} size="small" offset={[4, 0]}><BellOutlined aria-hidden style={{ fontSize: 20, color: 'inherit' }} /></Badge>
      <span>{t('bell.short')}</span>
    </NavLink>
  )
}
