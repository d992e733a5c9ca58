-- SPDX-License-Identifier: MIT
-- The whole terminal, for a picture that is drawn again and again: on a screen of its own, so that what was on the
-- terminal before is there again afterwards.

local signal = require "core.signal"
local terminal = require "terminal"

local M = {}

-- The alternate screen, without cursor; without wrapping, so that a line that is too long tears nothing.
local ENTER, LEAVE = "\27[?1049h\27[?25l\27[?7l\27[2J", "\27[?7h\27[?25h\27[?1049l"

---@class terminal.fullscreen
---@field private session terminal.session?
---@field private resized core.monitor?
local Fullscreen = {}
Fullscreen.__index = Fullscreen

---Switches this program's own terminal to the other screen and back.
---@param on boolean
function M.switch(on)
  terminal.write_raw("out", on and ENTER or LEAVE)
  terminal.flush()
end

---Takes the terminal of the task, until it is closed: `local whole <close> = fullscreen.open()`.
---@return terminal.fullscreen? screen nil: lines cannot be drawn again there
function M.open()
  if not terminal.can_redraw() then
    return nil
  end
  local self = setmetatable({ session = terminal.session() }, Fullscreen)
  if self.session then
    self.session:fullscreen(true)
  else
    self.resized = signal.open "WINCH"
    M.switch(true)
  end
  return self
end

---Waits until the terminal's size has changed.
---@return true? resized nil: that will not be known any more
function Fullscreen:wait_resized()
  if self.session then
    return self.session:wait_resized()
  end
  return self.resized and self.resized:next()
end

---Shows these lines instead of the ones before.
---@param lines string[] no more, and no wider, than the terminal
function Fullscreen:draw(lines)
  terminal.write_raw("out", "\27[H" .. table.concat(lines, "\27[K\r\n") .. "\27[K\27[J")
  terminal.flush()
end

function Fullscreen:close()
  if self.session then
    self.session:fullscreen(false)
  else
    M.switch(false)
  end
  if self.resized then
    self.resized:close()
    self.resized = nil
  end
end
Fullscreen.__close = Fullscreen.close

return M
