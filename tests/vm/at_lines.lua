-- SPDX-License-Identifier: MIT
-- Types lines into a serial port and prints what comes, each until its final result: at_lines.lua PORT LINE...

local ports = require "core.port"
local task = require "task"

local PATIENCE = 10 -- seconds for each answer

local function answer(port)
  local text = ""
  repeat
    local bytes, err = port:read()
    if not bytes then
      return nil, err
    end
    text = text .. bytes
  until text:find("\nOK\r\n$") or text:find("ERROR[^\n]*\n$")
  return text
end

local port <close> = assert(ports.open(arg[1]))
for i = 2, #arg do
  port:write(arg[i] .. "\r")
  io.write((assert(task.timeout(PATIENCE, answer, port)):gsub("\r", "")))
end
