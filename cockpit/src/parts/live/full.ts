/** Fills the screen with a player, mark and purpose line included; a second call goes back. */
export function turnFull(root: HTMLElement): void {
  if (root.hasAttribute('data-full')) leave()
  else enter(root)
}

/**
 * The page as a whole goes full screen and the player covers it: messages of the page stay visible above it, and a
 * phone whose browser knows no full screen still shows the picture as large as it can.
 */
function enter(root: HTMLElement): void {
  for (const other of document.querySelectorAll('[data-full]')) other.removeAttribute('data-full')
  root.setAttribute('data-full', '')
  document.addEventListener('keydown', onKey, true)
  document.addEventListener('fullscreenchange', onChange)
  if (document.fullscreenEnabled) document.documentElement.requestFullscreen().catch(() => undefined)
}

function leave(): void {
  for (const root of document.querySelectorAll('[data-full]')) root.removeAttribute('data-full')
  document.removeEventListener('keydown', onKey, true)
  document.removeEventListener('fullscreenchange', onChange)
  if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined)
}

const onKey = (event: KeyboardEvent): void => {
  if (event.key === 'Escape') leave()
}

const onChange = (): void => {
  if (!document.fullscreenElement) leave()
}
