-- SPDX-License-Identifier: MIT
-- The events of a modem by AT: a line that comes unasked says that something has changed, and the modem is asked what.
--
-- Most such lines come at the port that has asked for them, others at one that the maker has chosen. So they are asked
-- for at the port that commands go to, and no second one is taken from other programs: what is told elsewhere is found
-- out when the modem is asked, as waits and the daemon do now and then.

local at_news = require "modem.at_news"
local at_port = require "modem.at"
local maker = require "maker"
local subscribers = require "events.subscribers"
local text = require "at.text"
local ways = require "modem.by_at.ways"

local ANSWER_TIME = 10

---@class modem.by_at
---@field private news table? { queues, names }: who listens, and what the modem was asked to tell
local M = {}

-- What a line is about, by its prefix.
local REGISTRATION = { registration = true, packet = true, cell = true, radio = true }
local about = {
  ["+CREG"] = REGISTRATION, ["+CGREG"] = REGISTRATION, ["+CEREG"] = REGISTRATION, ["+C5GREG"] = REGISTRATION,
  ["+CPIN"] = { sim = true }, ["+CFUN"] = { radio = true }, ["+CSQ"] = { signal = true },
}

-- With those of makers.
local function learn()
  for news in maker.each("news", "at") do
    for prefix, name in pairs(news) do about[prefix] = name == "registration" and REGISTRATION or { [name] = true } end
  end
end

-- +CGEV (27.007, 10.1.19): "NW PDN DEACT 1", "ME PDN DEACT 1,0", "NW DEACT IP, 10.0.0.2, 1", "NW DETACH" ...
local function of_packet_event(words, cid)
  if words:find "DETACH" then
    return { packet = true, registration = true, session = true, ended = true }
  end
  local is_end, number = words:find "DEACT" ~= nil, words:match "DEACT%s+(%d+)" or words:match ",%s*(%d+)%s*$"
  if is_end and tonumber(number) ~= cid then
    return { session = true }
  end
  return is_end and { session = true, ended = true } or { session = true, ip = words:find "MODIFY" ~= nil }
end

local function item_of(modem, line)
  local prefix, rest = text.prefix(line)
  local way = modem.data_way
  if prefix == "+CGEV" then
    return of_packet_event(rest, way and ways.context(way) or 1)
  elseif prefix and way and prefix == way.news then
    return { session = true, cause = way.cause and tonumber(line:match(way.cause)) }
  end
  return about[prefix]
end

local function read(modem, queues)
  local urcs = modem.at:urcs()
  while true do
    local line, err = urcs:pop()
    if not line then
      for _, queue in ipairs(queues) do queue:close(err) end
      return
    end
    local item = item_of(modem, line)
    for _, queue in ipairs(item and queues or {}) do subscribers.deliver(queue, item) end
  end
end

-- What has the modem tell of each; one that does not know a command is asked now and then.
local orders = {
  registration = { "AT+CREG=2", "AT+CEREG=2", "AT+C5GREG=2" },
  session = { "AT+CGEREP=2,1" },
}
orders.packet, orders.cell, orders.radio, orders.ip = orders.registration, orders.registration, orders.registration,
  orders.session

-- A maker's own report, too: mostly that of the signal, for which 3GPP has none.
local function ask_for(modem, name)
  local list = table.move(orders[name] or {}, 1, #(orders[name] or {}), 1, {})
  local its = at_port.maker(modem)
  list[#list + 1] = its and its.at.reports and its.at.reports[name]
  for _, order in ipairs(list) do
    if not modem.news.told[order] then
      modem.news.told[order] = true
      modem.at:command(order, { seconds = ANSWER_TIME })
    end
  end
end

function M:listen(queue, name)
  if name == "sms" or name == "ussd" then
    return at_news.listen(self, queue, name)
  elseif self.at.lost then
    return queue:close(self.at.lost)
  elseif not self.news then
    learn()
    self.news = { queues = {}, told = {} }
    self.at.group:spawn(read, self, self.news.queues)
  end
  subscribers.add(self.news.queues, queue)
  ask_for(self, name)
end

local function session_of(self, item)
  if item.ended then
    return { session = 0, state = "deactivated", ip = "default" }
  end
  local session = self:session(0)
  if session and session.state == "deactivated" then
    session.nw_error = item.cause ~= 0 and item.cause or nil
  end
  return session
end

-- The modem's word for what a line says has changed.
local verbs = {
  registration = function(self) return self:registration() end,
  packet = function(self) return self:packet_service() end,
  cell = function(self) return self:cells "protocol" end,
  sim = function(self) return self:sim() end,
  radio = function(self) return self:radio() end,
  signal = function(self) return self:signal "protocol" end,
  session = session_of,
  ip = function(self) return (self:ip_configuration(0)) end,
}

function M:notified(name, item)
  if name == "sms" or name == "ussd" then
    return at_news.notified(self, name, item)
  end
  return item[name] and verbs[name](self, item) or nil
end

return M
