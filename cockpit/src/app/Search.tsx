import { Modal } from 'antd'
import { useId, useMemo, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { useCameras, useRegions } from '@/api/queries'
import { HealthMark } from '@/parts/HealthMark'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import { useCan } from './auth'
import type { Place } from './nav'
import css from './Search.module.css'
import { appText } from './text'

interface Hit {
  key: string
  group: 'search.pages' | 'search.places' | 'search.cameras'
  label: React.ReactNode
  note?: string | null | undefined
  to: string
}

const SETTLE_MS = 180

/** `/`: one box for cameras, places and pages. */
export function Search({ places, onClose }: { places: readonly Place[]; onClose: () => void }) {
  const t = useText(appText)
  const navigate = useNavigate()
  const [query, setQuery] = useState('')
  const hits = useHits(query, places)
  const [chosen, setChosen] = useState(0)
  const listId = useId()
  const input = useRef<HTMLInputElement>(null)
  const at = Math.min(chosen, Math.max(0, hits.length - 1))

  const open = (hit: Hit | undefined) => {
    if (!hit) return
    onClose()
    void navigate(hit.to)
  }
  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(at + 1, hits.length - 1))
    else if (event.key === 'ArrowUp') setChosen(Math.max(at - 1, 0))
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) open(hits[at])
    else return
    event.preventDefault()
  }

  return (
    <Modal open footer={null} closable={false} onCancel={onClose} width={620} style={{ top: '12vh' }} afterOpenChange={() => input.current?.focus()}>
      <input
        ref={input}
        className={css.box}
        autoFocus
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls={listId}
        aria-activedescendant={hits[at] ? `${listId}-${at}` : undefined}
        aria-label={t('search.label')}
        placeholder={t('search.placeholder')}
        value={query}
        onChange={(event) => { setQuery(event.target.value); setChosen(0) }}
        onKeyDown={onKey}
      />
      <ul id={listId} role="listbox" className={css.list} aria-label={t('search.label')}>
        {hits.map((hit, index) => (
          <li key={hit.key} role="presentation">
            {hits[index - 1]?.group !== hit.group && <p className={css.group}>{t(hit.group)}</p>}
            <div
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === at}
              className={index === at ? `${css.hit} ${css.chosen}` : css.hit}
              onMouseMove={() => setChosen(index)}
              onClick={() => open(hit)}
            >
              <span>{hit.label}</span>
              {hit.note && <span className={css.note}>{hit.note}</span>}
            </div>
          </li>
        ))}
      </ul>
      {hits.length === 0 && <p className={css.empty}>{query.trim() ? t('search.none', { query }) : t('search.teach')}</p>}
      <p className={css.foot}>{t('search.go')}</p>
    </Modal>
  )
}

function useHits(query: string, places: readonly Place[]): Hit[] {
  const t = useText(appText)
  const can = useCan()
  const settled = useSettled(query.trim(), SETTLE_MS)
  const cameras = useCameras({ q: settled, limit: 8 }, Boolean(settled) && can('cameras.read'))
  const regions = useRegions({ q: settled, limit: 6 }, Boolean(settled) && can('places.read'))
  return useMemo(() => {
    const needle = query.trim().toLowerCase()
    const pages = places
      .filter((place) => !needle || t(place.label).toLowerCase().includes(needle))
      .map((place): Hit => ({ key: place.key, group: 'search.pages', label: t(place.label), note: `g ${place.letter}`, to: place.path }))
    if (!needle) return pages
    const found = (settled ? (regions.data?.items ?? []) : []).map((region): Hit => ({
      key: region.code, group: 'search.places', label: region.name, note: region.code, to: `/cameras?region=${region.code}`,
    }))
    const hits = (settled ? (cameras.data?.items ?? []) : []).map((camera): Hit => ({
      key: camera.id,
      group: 'search.cameras',
      label: <><HealthMark health={camera.health} /> {camera.name}</>,
      note: camera.region?.name,
      to: `/cameras/${camera.id}`,
    }))
    return [...hits, ...found, ...pages]
  }, [query, settled, places, cameras.data, regions.data, t])
}
