-- SPDX-License-Identifier: MIT
-- Publishes the state of modems, and events, to an MQTT broker. Topics, below the base that the options name:
--
--   availability    "online"; "offline" once the daemon has ended, or is gone without a word (retained)
--   MODEM/state     a table of the modem's state, as JSON (retained)
--   event           each event, as JSON

local discovery = require "mqtt.discovery"
local errors = require "errors"
local events = require "events"
local json = require "base.json"
local log = require "log"
local metrics = require "metrics"
local secret_file = require "secret_file"
local task = require "task"

local LONGEST_QUEUE = 256 -- of events, while the broker is away
local SOON = 2 -- seconds after an event, in which others may come, until states are published again
local FAREWELL_TIME = 3
local PUBLISH_TIME = 20 -- seconds that a broker which answers pings has for taking a message

---@class mqtt.options
---@field host string
---@field port integer
---@field user string?
---@field password_file string?
---@field ca string? a file of certificates: TLS
---@field topic string
---@field every number seconds from one state to the next
---@field discovery string|false Home Assistant's prefix

---@class mqtt.publisher
---@field private options mqtt.options
---@field private list fun(): modem.modem[]
---@field private queue core.queue of events
---@field private lost integer events for which the queue had no room
---@field private described table<string, true> the modems that Home Assistant knows, in this connection
local Publisher = {}
Publisher.__index = Publisher

local M = {}

-- The state that is published, without IMEI and SIM.
local function state_of(seen)
  local network = seen.network or {}
  return {
    modem = seen.modem, online = seen.is_online, state = seen.state, reason = seen.reason, answers = seen.answers,
    network = { id = network.plmn, name = network.name, technology = network.technology },
    dbm = seen.signal.dbm, lte = seen.signal.lte, nr = seen.signal.nr, umts = seen.signal.umts, gsm = seen.signal.gsm,
    received = seen.received, sent = seen.sent, month = seen.month,
    time = os.date("!%Y-%m-%dT%H:%M:%SZ"),
  }
end

local function publish(client, topic, payload, is_retained)
  local ok, err = task.timeout(PUBLISH_TIME, client.publish, client, topic, payload, is_retained)
  if not ok then
    errors.check(nil, err.code ~= "timeout" and err or errors.new {
      code = "timeout", source = "mqtt", message = "the broker does not acknowledge what it was sent",
    })
  end
end

local function publish_state(self, client, modem)
  local seen = metrics.look(modem)
  local base = self.options.topic
  if self.options.discovery and not self.described[seen.modem] then
    for _, message in ipairs(discovery.messages(seen.modem, base, self.options.discovery, seen.identity.hardware)) do
      publish(client, message.topic, message.payload, true)
    end
    self.described[seen.modem] = true
  end
  publish(client, ("%s/%s/state"):format(base, discovery.id(seen.modem)), json.encode(state_of(seen)), true)
end

local function publish_states(self, client)
  for _, modem in ipairs(self.list()) do publish_state(self, client, modem) end
end

local function publish_lost(self, client)
  if self.lost > 0 then
    local count = self.lost
    self.lost = 0
    publish(client, self.options.topic .. "/event", json.encode { event = "lost", count = count })
  end
end

-- Until the connection is lost.
local serve = errors.protect(function(self, client)
  self.described = {}
  publish(client, self.options.topic .. "/availability", "online", true)
  local due = 0
  while true do
    if task.now() >= due then
      publish_states(self, client)
      due = task.now() + self.options.every
    end
    local event = task.timeout(math.max(due - task.now(), 0.001), self.queue.pop, self.queue)
    publish_lost(self, client)
    if event and event.lost_client == client then
      return nil, event.err
    elseif event and not event.lost_client then
      publish(client, self.options.topic .. "/event", json.encode(event))
      due = math.min(due, task.now() + SOON)
    end
  end
end)

local function connect(self)
  local options = self.options
  local has, mqtt = pcall(require, "core.mqtt")
  if not has then
    return errors.fail {
      code = "unsupported", source = "mqtt", message = "this moontower was built without libmosquitto",
      hint = "Install its development package (libmosquitto-dev), and build moontower again.",
    }
  end
  local password, err
  if options.password_file then
    password, err = secret_file.password(options.password_file, "mqtt")
    if not password then
      return nil, err
    end
  end
  return mqtt.connect {
    host = options.host, port = options.port, user = options.user, password = password, ca = options.ca,
    will_topic = options.topic .. "/availability", will = "offline",
  }
end

-- Takes leave of a broker that is there.
local function say_offline(self, client)
  task.shield(FAREWELL_TIME, function()
    client:publish(self.options.topic .. "/availability", "offline", true)
  end)
end

local function one_connection(self, attempt)
  local client <close>, err = connect(self)
  if not client then
    return err
  end
  attempt:succeeded()
  log.info("mqtt: connected to %s", self.options.host)
  local _ <close> = task.finally(function() say_offline(self, client) end)
  local group <close> = task.group()
  group:spawn(function()
    local _, why = client:wait_lost()
    self.queue:push { lost_client = client, err = why } -- where there is no room, publishing will fail
  end)
  return select(2, serve(self, client))
end

---Publishes until it is cancelled; while the broker is away, it is tried again and again.
---@param options mqtt.options
---@param list fun(): modem.modem[] those whose state is published
function M.run(options, list)
  local self = setmetatable({
    options = options, list = list, queue = task.queue(LONGEST_QUEUE), lost = 0, described = {},
  }, Publisher)
  local subscription <close> = events.subscribe()
  local group <close> = task.group()
  group:spawn(function()
    while true do
      if not self.queue:push(subscription:next()) then
        self.lost = self.lost + 1
      end
    end
  end)
  local told
  for attempt in task.backoff { first = 2, max = 120 } do
    local err = one_connection(self, attempt)
    if tostring(err) ~= told then
      log.warn("mqtt: %s", err)
    end
    told = tostring(err)
  end
end

return M
