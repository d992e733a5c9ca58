-- SPDX-License-Identifier: MIT
-- The daemon's page: files, what commands print with --json, events as they happen, and a few orders.

local core = require "core.task"
local errors = require "errors"
local fs = require "core.fs"
local guard = require "web.guard"
local json = require "base.json"
local live = require "web.live"
local log = require "log"
local program = require "core.program"
local task = require "task"

local FOLDER = program.home .. "/modules/web/page"
local COMMAND_TIME = 120 -- seconds: `up` waits for a network
local MOST_COMMANDS = 8 -- at the same time

local files = {
  ["/"] = { "index.html", "text/html; charset=utf-8" },
  ["/page.css"] = { "page.css", "text/css; charset=utf-8" },
  ["/page.js"] = { "page.js", "text/javascript; charset=utf-8" },
  ["/uplot.css"] = { "uplot.css", "text/css; charset=utf-8" },
  ["/uplot.js"] = { "uplot.js", "text/javascript; charset=utf-8" },
}

-- What may be looked at, by what the address ends in: the command, and its options of the query.
local looks = {
  devices = {}, why = {}, status = { "device" }, signal = { "device" }, cells = { "device" },
  bands = { "device" }, technology = { "device" }, history = { "since" },
}

-- What may be ordered: commands, one after the other. `control`: only where the configuration has that.
local orders = {
  up = { { "up" } }, down = { { "down" } }, reconnect = { { "down" }, { "up" } },
  reset = { { "reset" }, control = true }, ["radio-on"] = { { "radio", "on" }, control = true },
  ["radio-off"] = { { "radio", "off" }, control = true },
}

local SAFE = {
  ["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    .. "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ["X-Content-Type-Options"] = "nosniff", ["X-Frame-Options"] = "DENY", ["Referrer-Policy"] = "no-referrer",
  ["Cross-Origin-Resource-Policy"] = "same-origin", ["Cache-Control"] = "no-store",
}

local function answer(request, status, body, kind, more)
  local headers = { ["Content-Type"] = kind or "text/plain; charset=utf-8" }
  for name, value in pairs(SAFE) do headers[name] = value end
  for name, value in pairs(more or {}) do headers[name] = value end
  return request:answer(status, headers, body)
end

local function answer_json(request, status, value)
  return answer(request, status, json.encode(value), "application/json")
end

---@class web.source what the page shows, and gives orders to
---@field run fun(name: string, arguments: string[]): integer, string, string runs a command; returns its exit status,
--- and what it has printed to standard output and error
---@field modems fun(): modem.modem[] those that are open

---@class web.server
---@field private config web.config
---@field private guard web.guard
---@field private source web.source
---@field private running integer how many commands
---@field private http core.http.server
---@field private is_closed boolean?
local Server = {}
Server.__index = Server

local M = {}

-- Arguments are words of the client's: an option's value and nothing else.
local function value_of(request, name)
  local value = request:query(name)
  if value and not value:find "^[%w/][%w./:_-]*$" then
    return errors.fail { code = "usage", source = "web", message = ("'%s' cannot be the %s"):format(value, name) }
  end
  return value
end

local function run(self, command, arguments)
  if self.running >= MOST_COMMANDS then
    return errors.fail { code = "busy", source = "web", message = "too much is asked at the same time" }
  end
  self.running = self.running + 1
  local _ <close> = task.finally(function() self.running = self.running - 1 end)
  local told = task.timeout(COMMAND_TIME, function()
    local status, out, err = self.source.run(command, arguments)
    return { status = status, out = out, err = err }
  end)
  if not told then
    return errors.fail { code = "timeout", source = "web", message = ("`moontower %s` takes too long"):format(command) }
  end
  return told
end

local function fail(request, err)
  local status = err.code == "busy" and 503 or err.code == "usage" and 400 or err.code == "timeout" and 504 or 502
  return answer_json(request, status, { error = { code = err.code, message = tostring(err) } })
end

-- What a command has complained of at its end, behind what it has told while it ran, without the hint.
local function complaint(text) return ("\n" .. text):match ".*\nmoontower: ([^\n]*)" or text end

local function look(self, request, name)
  local arguments = { "--json" }
  for _, option in ipairs(looks[name]) do
    local value, err = value_of(request, option)
    if err then
      return fail(request, err)
    elseif value then
      table.move({ "--" .. option, value }, 1, 2, #arguments + 1, arguments)
    end
  end
  local told, err = run(self, name, arguments)
  if not told then
    return fail(request, err)
  elseif told.out:find "^%s*[%[{]" then -- it may be an error
    return answer(request, told.out:find '^{"error":' and 502 or 200, told.out, "application/json")
  end
  return answer_json(request, 502, { error = { message = complaint(told.err) } })
end

local function order(self, request, name)
  local device, err = value_of(request, "device")
  if err then
    return fail(request, err)
  end
  log.info("the page orders: %s %s", name, device or "")
  for _, command in ipairs(orders[name]) do
    local arguments = table.move(command, 2, #command, 1, {})
    table.move({ "--device", device }, 1, device and 2 or 0, #arguments + 1, arguments)
    local told
    told, err = run(self, command[1], arguments)
    if not told then
      return fail(request, err)
    elseif told.status ~= 0 then
      return answer_json(request, 502, { error = { message = complaint(told.err) } })
    end
  end
  return answer_json(request, 200, { done = name })
end

local function serve_file(request, file)
  local text, err = fs.read(("%s/%s"):format(FOLDER, file[1]))
  if not text then
    log.error("the page lacks a file: %s", err)
    return answer(request, 500, "The page's files are missing.")
  end
  return answer(request, 200, text, file[2])
end

local function serve_metrics(self, request)
  local told, err = run(self, "metrics", {})
  if not told then
    return fail(request, err)
  end
  return answer(request, told.status == 0 and 200 or 502, told.out,
    "application/openmetrics-text; version=1.0.0; charset=utf-8")
end

local function serve_get(self, request, path)
  local name = path:match "^/api/([%l]+)$"
  if files[path] then
    return serve_file(request, files[path])
  elseif name == "live" then
    local ok, err = live.serve(request, self.source.modems)
    return ok or fail(request, err)
  elseif name == "rights" then
    return answer_json(request, 200, { control = self.config.control })
  elseif looks[name] then
    return look(self, request, name)
  elseif path == "/metrics" then
    return serve_metrics(self, request)
  end
  return answer(request, 404, "There is no such page.")
end

local function serve(self, request)
  local open <close> = request
  local method, path = open:method(), open:path()
  local status, headers, words = self.guard:refusal(open)
  if status then
    return answer(open, status, words, nil, headers)
  end
  local wanted = path:match "^/api/([%l-]+)$"
  if method == "GET" then
    return serve_get(self, open, path)
  elseif method ~= "POST" then
    return answer(open, 405, "GET or POST.", nil, { Allow = "GET, POST" })
  elseif not orders[wanted] then
    return answer(open, 404, "There is no such order.")
  elseif orders[wanted].control and not self.config.control then
    return answer(open, 403, "`web.control` of the configuration does not allow that.")
  end
  return order(self, open, wanted)
end

-- A mistake in answering one request ends nothing else.
local function serve_alone(self, request)
  local ok, err = core.try(serve, self, request)
  if not ok and not self.is_closed and not (type(err) == "table" and err.code == "cancelled") then
    log.error("the page: %s", errors.text(err))
  end
end

local function read_pem(config)
  local certificate, key, err
  if config.certificate then
    certificate, err = fs.read(config.certificate)
    if certificate then
      key, err = fs.read(config.key)
    end
  end
  return certificate, key, err
end

local function listen(config)
  local has, http = pcall(require, "core.http")
  if not has then
    return errors.fail {
      code = "unsupported", source = "web", message = "this moontower was built without libmicrohttpd",
      hint = "Install its development package (libmicrohttpd-dev), and build moontower again.",
    }
  end
  local certificate, key, err = read_pem(config)
  if err then
    return nil, err
  end
  return http.listen { address = config.address, port = config.port, certificate = certificate, key = key }
end

---Serves until the group ends, or the server is closed.
---@param group task.group
---@param config web.config
---@param source web.source
---@return web.server?
---@return moontower.error? err
function M.start(group, config, source)
  local checks, err = guard.new(config)
  if not checks then
    return nil, err
  end
  local http
  http, err = listen(config)
  if not http then
    return nil, err
  end
  local self = setmetatable({ config = config, guard = checks, source = source, running = 0, http = http }, Server)
  group:spawn(function()
    local server <close> = http
    local requests <close> = task.group()
    for request in server.next, server do requests:spawn(serve_alone, self, request) end
  end)
  return self
end

---Ends all connections.
function Server:close()
  self.is_closed = true
  self.http:close()
end

return M
