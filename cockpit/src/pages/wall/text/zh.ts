export const zh = {
  'part.label': '视频的各部分',
  'part.wall': '视频墙',
  'part.playback': '回放',
  'part.recordings': '录像计划',
  'part.grants': '授权',
  'part.register': '调阅登记',
  'title': '视频墙',
}
