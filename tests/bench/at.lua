-- SPDX-License-Identifier: MIT
-- Measures AT exchanges over a pseudo terminal: moontower run tests/bench/at.lua [COUNT]
--
-- The modem is a task of the same process, so its work is in the figures too. Printed are exchanges a second of CPU
-- time, with the modem's echo and without.

local at = require "at"
local core_port = require "core.port"
local descriptor = require "core.descriptor"
local task = require "task"

local COUNT = math.tointeger(tonumber(arg[1])) or 10000
local ANSWER = "\r\n+CSQ: 17,99\r\n\r\nOK\r\n"

local function play(wire, echo)
  local rest = ""
  for bytes in wire.read, wire do
    rest = rest .. bytes
    for command in rest:gmatch "[^\r]*\r" do
      assert(wire:write(echo and command .. ANSWER or ANSWER))
    end
    rest = rest:match "[^\r]*$"
  end
end

local function exchanges_a_second(port)
  assert(port:command "AT") -- opened and in step
  collectgarbage()
  local before = os.clock()
  for _ = 1, COUNT do
    local reply = assert(port:command "AT+CSQ")
    assert(at.fields(reply.lines[1])[1] == "17")
  end
  return COUNT / (os.clock() - before)
end

for _, echo in ipairs { true, false } do
  local group <close> = task.group()
  local fd, path = assert(descriptor.pty())
  local wire <close> = assert(core_port.adopt(fd, "stream"))
  local port <close> = assert(at.open(path))
  group:spawn(play, wire, echo)
  print(("AT, %s echo: %d exchanges, %.0f a second of CPU"):format(echo and "with" or "without", COUNT,
    exchanges_a_second(port)))
end
