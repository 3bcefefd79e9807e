/** Shows a stream of JPEG files on a canvas: always the newest, and never more than one waiting. */
export class StillSink {
  private waiting: { file: ArrayBuffer; time: number } | null = null
  private time = 0
  private busy = false
  private closed = false

  constructor(
    private readonly canvas: HTMLCanvasElement,
    /** Runs when a picture is on the screen, with its media time. */
    private readonly onShown: (time: number) => void,
    private readonly onFault: () => void,
    private readonly decode: (file: Blob) => Promise<ImageBitmap> = (file) => createImageBitmap(file),
  ) {}

  /** The media time of the next file, seconds. */
  announce(time: number): void {
    this.time = time
  }

  append(file: ArrayBuffer): void {
    if (this.closed) return
    // A page that is slower than the camera shows fewer pictures, not older ones.
    this.waiting = { file, time: this.time }
    if (!this.busy) void this.show()
  }

  close(): void {
    this.closed = true
    this.waiting = null
  }

  private async show(): Promise<void> {
    this.busy = true
    while (this.waiting) {
      const { file, time } = this.waiting
      this.waiting = null
      try {
        this.paint(await this.decode(new Blob([file], { type: 'image/jpeg' })), time)
      } catch {
        // Closed in the meantime: nobody waits for this picture any more.
        if (this.isOpen()) this.onFault()
        this.close()
      }
    }
    this.busy = false
  }

  private isOpen(): boolean {
    return !this.closed
  }

  private paint(picture: ImageBitmap, time: number): void {
    if (this.closed) return
    if (this.canvas.width !== picture.width) this.canvas.width = picture.width
    if (this.canvas.height !== picture.height) this.canvas.height = picture.height
    this.canvas.getContext('2d')?.drawImage(picture, 0, 0)
    picture.close()
    this.onShown(time)
  }
}
