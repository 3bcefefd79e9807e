import { DeleteOutlined, FolderOpenOutlined, SaveOutlined, TeamOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Checkbox, Input, Popover } from 'antd'
import { useState } from 'react'
import { changeWall, forgetWall, keepWall, readWall, useWalls, type Layout, type Wall, type WallItem } from '@/api/walls'
import { useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './Saved.module.css'
import { wallText } from './text'

export interface Named {
  id: string
  name: string
}

interface Props {
  named: Named | null
  /** What would be kept. */
  layout: Layout
  onOpen: (wall: Wall) => void
  onKept: (named: Named | null) => void
}

/** Walls by name: one's own, and those colleagues share. */
export function SavedWalls(props: Props) {
  const t = useText(wallText)
  const [open, setOpen] = useState(false)
  return (
    <>
      <Popover trigger="click" placement="bottomRight" open={open} onOpenChange={setOpen} content={<List {...props} onDone={() => setOpen(false)} />}>
        <Button icon={<FolderOpenOutlined />}>{props.named?.name ?? t('saved.open')}</Button>
      </Popover>
      <Keep {...props} />
    </>
  )
}

function List({ onOpen, onKept, onDone, named }: Props & { onDone: () => void }) {
  const t = useText(wallText)
  const f = useFormat()
  const p = useText(partsText)
  const { message } = App.useApp()
  const walls = useWalls(true)
  const act = useAct()
  const open = (wall: WallItem) =>
    act.run(async () => {
      onOpen((await readWall(wall.id)).data)
      onDone()
    })
  const forget = (wall: WallItem) =>
    act.run(async () => {
      const { data } = await readWall(wall.id)
      await forgetWall(wall.id)
      if (named?.id === wall.id) onKept(null)
      const key = `wall-${wall.id}`
      const undo = () => {
        message.destroy(key)
        void act.run(() => keepWall(data.name, data.shared, data.layout), ['walls'])
      }
      void message.success({ key, duration: 10, content: <>{t('saved.forgotten', { name: wall.name })} <Button type="link" size="small" onClick={undo}>{t('saved.undo')}</Button></> })
    }, ['walls'])
  const items = walls.data?.items ?? []
  return (
    <div className={css.list}>
      <ProblemNote error={walls.error ?? act.problem} />
      {walls.isPending && <p>{p('common.loading')}</p>}
      {walls.data && items.length === 0 && <p className={css.hint}>{t('saved.none')}</p>}
      <ul>
        {items.map((wall) => (
          <li key={wall.id}>
            <button type="button" onClick={() => void open(wall)}>
              <strong>{wall.name}</strong>
              <span>
                {t('saved.facts', { size: wall.size, cameras: f.number(wall.cameras) })}
                {wall.tours && ` · ${t('saved.tours')}`}
                {wall.shared && <> · <TeamOutlined aria-hidden /> {wall.mine ? t('saved.shared') : wall.owner}</>}
              </span>
            </button>
            {wall.mine && <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t('saved.forget', { name: wall.name })} title={t('saved.forget', { name: wall.name })} onClick={() => void forget(wall)} />}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Keep({ named, layout, onKept }: Props) {
  const t = useText(wallText)
  const p = useText(partsText)
  const me = useMe()
  const queries = useQueryClient()
  const walls = useWalls(true)
  const act = useAct()
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  // Only one's own is overwritten, and only by its own name.
  const same = walls.data?.items.find((wall) => wall.mine && wall.name === name.trim())
  const keep = () =>
    act.run(async () => {
      const { data } = await (same ? changeWall(same.id, { shared, layout }) : keepWall(name.trim(), shared, layout))
      onKept({ id: data.id, name: data.name })
      await queries.invalidateQueries({ queryKey: ['walls'] })
      setOpen(false)
    })
  const begin = (next: boolean) => {
    if (next) {
      act.forget()
      setName(named?.name ?? '')
      setShared(walls.data?.items.find((wall) => wall.id === named?.id)?.shared ?? false)
    }
    setOpen(next)
  }
  return (
    <Popover
      trigger="click" placement="bottomRight" open={open} onOpenChange={begin}
      content={
        <form
          className={css.keep}
          onSubmit={(event) => {
            event.preventDefault()
            void keep()
          }}
        >
          <label htmlFor="wall-name">{t('saved.name')}</label>
          <Input id="wall-name" autoFocus maxLength={80} value={name} onChange={({ target }) => setName(target.value)} />
          <Checkbox checked={shared} disabled={!me.organisation} onChange={({ target }) => setShared(target.checked)}>
            {me.organisation ? t('saved.share', { unit: me.organisation }) : t('saved.noUnit')}
          </Checkbox>
          <ProblemNote error={act.problem} />
          <div className={css.foot}>
            <Button onClick={() => setOpen(false)}>{p('common.cancel')}</Button>
            <Button type="primary" htmlType="submit" loading={act.busy} disabled={!name.trim()}>{same ? t('saved.overwrite') : p('common.save')}</Button>
          </div>
        </form>
      }
    >
      <Button icon={<SaveOutlined />}>{t('saved.keep')}</Button>
    </Popover>
  )
}
