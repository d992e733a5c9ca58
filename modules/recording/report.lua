-- SPDX-License-Identifier: MIT
-- Begins a recording: the file, its first line, and the modems that are plugged in.

local file = require "recording.file"
local lines = require "recording.lines"
local modem = require "modem"
local program = require "core.program"
local recorder = require "recording.recorder"
local version = require "core.version"

local M = {}

---@param path string as the person calls it who gave the command
---@param words string[] the command line
---@param options { keep_cells: boolean?, since: number?, imported: string? } as recorder.new() takes them; imported:
--- what it is made of, which tells of another computer
---@return recording.recorder?
---@return recording.writer|moontower.error writer to be finished in the end; or the error
function M.begin(path, words, options)
  local writer, err = file.create(path)
  if not writer then
    return nil, err
  end
  local running = not options.imported and version.running() or {}
  local recording = recorder.new(function(line) writer:add(line) end, {
    recording = lines.version, date = os.date "!%Y-%m-%dT%H:%M:%SZ", moontower = program.version, lua = program.release,
    kernel = running.kernel, machine = running.machine, imported = options.imported, command = words,
    cells = options.keep_cells and "kept" or "replaced",
  }, options)
  for _, description in ipairs(options.imported and {} or modem.list()) do
    recording:modem(description, options.since)
  end
  return recording, writer
end

return M
