import { ConfigProvider, theme as antTheme, type ThemeConfig } from 'antd'
import enGB from 'antd/locale/en_GB'
import zhCN from 'antd/locale/zh_CN'
import { createContext, use, useEffect, useMemo, type ReactNode } from 'react'
import { useLanguage } from '@/text/language'
import { FONT, mix, TOKENS, type Mood, type Tokens } from './tokens'
import { useScreenScale } from './useScreenScale'

/** How much of its colour the ground of a note has. */
const NOTE_SHARE = 0.1

const MoodContext = createContext<Mood>('desk')

export const useMood = (): Mood => use(MoodContext)
export const useTokens = (): Tokens => TOKENS[use(MoodContext)]

function antConfig(mood: Mood, scale: number): ThemeConfig {
  const t = TOKENS[mood]
  return {
    algorithm: mood === 'cockpit' ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
    token: {
      colorPrimary: t.accent,
      colorInfo: t.accent,
      colorLink: t.accent,
      colorSuccess: t.works,
      colorWarning: t.bad,
      colorError: t.offline,
      // The library derives muddy grounds from colours as dark as ours.
      colorSuccessBg: mix(t.works, t.panel, NOTE_SHARE),
      colorWarningBg: mix(t.bad, t.panel, NOTE_SHARE),
      colorErrorBg: mix(t.offline, t.panel, NOTE_SHARE),
      colorInfoBg: t.accentSoft,
      colorTextBase: t.text,
      colorBgBase: t.panel,
      colorBgLayout: t.ground,
      colorBgContainer: t.panel,
      colorBgElevated: mood === 'cockpit' ? t.raised : t.panel,
      colorBorder: t.lineStrong,
      colorBorderSecondary: t.line,
      colorTextSecondary: t.textMuted,
      colorTextTertiary: t.textFaint,
      colorTextPlaceholder: t.textFaint,
      colorTextLightSolid: t.accentText,
      fontFamily: FONT,
      fontSize: Math.round(14 * scale),
      controlHeight: Math.round(32 * scale),
      borderRadius: 6,
      borderRadiusLG: 8,
      wireframe: false,
      motion: false,
    },
    components: {
      Table: { cellPaddingBlockSM: 6, cellPaddingInlineSM: 10, headerBg: t.raised, headerColor: t.textMuted, headerSplitColor: 'transparent' },
      Tabs: { horizontalMargin: '-8px 0 12px 0' },
    },
  }
}

/** CSS custom property of a token: `textMuted` -> `--text-muted`. */
const property = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** Puts one mood's tokens on the document and into the component library. */
export function MoodProvider({ mood, children }: { mood: Mood; children: ReactNode }) {
  const { language } = useLanguage()
  useEffect(() => {
    const root = document.documentElement
    root.dataset.mood = mood
    for (const [name, value] of Object.entries<string>(TOKENS[mood])) root.style.setProperty(property(name), value)
  }, [mood])
  // The desk keeps its size on a large screen and shows more; the cockpit is read from afar and grows with it.
  const screen = useScreenScale()
  const scale = mood === 'cockpit' ? Math.max(1, screen) : 1
  const config = useMemo(() => antConfig(mood, scale), [mood, scale])
  return (
    <MoodContext value={mood}>
      <ConfigProvider theme={config} locale={language === 'zh' ? zhCN : enGB} wave={{ disabled: true }}>
        {children}
      </ConfigProvider>
    </MoodContext>
  )
}
