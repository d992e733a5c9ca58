-- SPDX-License-Identifier: MIT
-- What is measured at one stop of a survey: the signal for a while, the cell, round trips, and how fast data come.

local errors = require "errors"
local net = require "net"
local probes = require "link.probes"
local process = require "core.process"
local radio_words = require "radio.words"
local task = require "task"

local M = {}

local SAMPLE = 1 -- seconds: modems measure once in a second or two
local PINGS, PING_TIME = 5, 2

local fields = { "rsrp", "rsrq", "sinr", "rssi", "rscp" }

---@class survey.figure
---@field mean number
---@field least number
---@field most number
---@field count integer

local function add(figures, measured)
  for _, field in ipairs(fields) do
    local value = measured[field]
    if value then
      local figure = figures[field] or { sum = 0, count = 0, least = value, most = value }
      figure.sum, figure.count = figure.sum + value, figure.count + 1
      figure.least, figure.most = math.min(figure.least, value), math.max(figure.most, value)
      figures[field] = figure
    end
  end
end

-- The technology that the modem is on, of those that it measures.
local function of_technology(signal)
  for _, technology in ipairs(radio_words.technologies) do
    if signal[technology[1]] then
      return signal[technology[1]], technology[2]
    end
  end
end

---Measures the signal for some seconds.
---@param modem modem.modem
---@param seconds number
---@return table<string, survey.figure>? figures by name: rsrp, rsrq, sinr, rssi, rscp
---@return string|moontower.error? technology
function M.signal(modem, seconds)
  local _ <close> = modem:watch_signal_closely()
  local figures, technology, deadline = {}, nil, task.now() + seconds
  repeat
    local signal, err = modem:signal()
    if not signal then
      return nil, err
    end
    local measured, name = of_technology(signal)
    technology = name or technology
    add(figures, measured or { rssi = signal.dbm })
    task.sleep(math.min(SAMPLE, math.max(deadline - task.now(), 0)))
  until task.now() >= deadline
  for _, figure in pairs(figures) do
    figure.mean, figure.sum = figure.sum / figure.count, nil
  end
  return figures, technology
end

---Round trips through an interface.
---@param interface string
---@param spec string? a probe; nil: a well-known host
---@return { median: number?, lost: integer, count: integer } seconds
function M.round_trips(interface, spec)
  local times = {}
  for _ = 1, PINGS do
    times[#times + 1] = net.probe(spec or probes.usual, { link = interface, timeout = PING_TIME })
  end
  table.sort(times)
  return { median = times[(#times + 1) // 2], lost = PINGS - #times, count = PINGS }
end

-- curl reads its options from standard input: an address may have a secret in it.
local function download(interface, address, seconds)
  local quoted = '"' .. address:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
  local config = ('url = %s\ninterface = "%s"\noutput = "/dev/null"\nsilent\nshow-error\nlocation\nmax-time = %d\n'
    .. 'write-out = "%%{size_download} %%{time_total}"\n'):format(quoted, interface, math.ceil(seconds))
  local result, err = process.run { "curl", "--config", "-", stdin = config, timeout = seconds + 10 }
  if not result then
    return nil, err
  end
  local bytes, time = result.stdout:match "^(%d+) ([%d.]+)$"
  bytes, time = tonumber(bytes), tonumber(time)
  if not bytes or bytes == 0 or time == 0 then
    return errors.fail {
      code = "io", source = "survey", message = "curl: " .. (result.stderr:match "[^\n]+" or "nothing came"),
    }
  end
  return bytes * 8 / time / 1e6
end

-- A program of the user's prints a number.
local function run(interface, command, seconds)
  local result, err = process.run {
    "sh", "-c", command, env = { MOONTOWER_INTERFACE = interface }, timeout = seconds + 10,
  }
  local number = result and tonumber(result.stdout:match "%-?%d+%.?%d*")
  if result and (result.status ~= 0 or not number) then
    return errors.fail {
      code = "io", source = "survey",
      message = ("`%s`: %s"):format(command, result.stderr:match "[^\n]+"
        or result.status ~= 0 and "exit status " .. result.status or "it prints no number"),
    }
  end
  return number, err
end

---How fast data come: Mbit/s, or the number that a program of the user's prints.
---@param interface string
---@param options { speed: string?, run: string?, seconds: number }
---@return number?
---@return moontower.error? err
function M.speed(interface, options)
  if options.speed then
    return download(interface, options.speed, options.seconds)
  elseif options.run then
    return run(interface, options.run, options.seconds)
  end
end

return M
