import { describe, expect, it } from 'vitest'
import { Pace } from '@/parts/live/pace'

describe('Pace', () => {
  it('speaks up only when frames are lost look after look', () => {
    const pace = new Pace()
    expect(pace.look({ total: 125, dropped: 0 })).toBe(true)
    expect(pace.look({ total: 250, dropped: 60 })).toBe(true) // one hitch
    expect(pace.look({ total: 375, dropped: 60 })).toBe(true)
    expect(pace.look({ total: 500, dropped: 110 })).toBe(true)
    expect(pace.look({ total: 625, dropped: 170 })).toBe(false)
    expect(pace.look({ total: 750, dropped: 170 })).toBe(true) // recovered
  })

  it('says nothing of a still picture, and begins afresh with a new stream', () => {
    const pace = new Pace()
    pace.look({ total: 100, dropped: 50 })
    expect(pace.look({ total: 200, dropped: 100 })).toBe(false)
    expect(pace.look({ total: 30, dropped: 10 })).toBe(true)
    expect(pace.look({ total: 31, dropped: 11 })).toBe(true)
  })
})
