import { Select } from 'antd'
import { useText } from '@/text/language'
import { COLOURS, SWATCH, type Colour } from './asked'
import css from './search.module.css'
import { searchText, type SearchKey } from './text'

/** A colour with its name. */
export function ColourName({ colour }: { colour: string }) {
  const t = useText(searchText)
  const known = (COLOURS as readonly string[]).includes(colour)
  return (
    <>
      {known && <span className={css.swatch} style={{ background: SWATCH[colour as Colour] }} aria-hidden />}
      {known ? t(`colour.${colour}` as SearchKey) : colour}
    </>
  )
}

/** Chooses one colour, or any. */
export function ColourSelect(props: { id?: string; value?: string; onChange?: (value: string | undefined) => void }) {
  const t = useText(searchText)
  return (
    <Select
      {...props}
      allowClear
      placeholder={t('any')}
      options={COLOURS.map((colour) => ({ value: colour, label: <ColourName colour={colour} /> }))}
    />
  )
}
