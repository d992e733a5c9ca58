-- SPDX-License-Identifier: MIT
-- For test_hostile_qmi: hostile_qmi.lua ATTACK COMMAND runs a shell command beside a modem that attacks the host over
-- QMI, and prints JSON: how the command has ended, and what the host was like before and after.

local core = require "core.qmi"
local ctl = require "qmi.ctl"
local json = require "dkjson"
local mc7455 = require "simulator.models.mc7455"
local new_simulated = require("simulator.modem").new
local process = require "core.process"
local services = require "qmi.services"
local sim_qmi = require "simulator.qmi"
local task = require "task"
local tier1 = require "simulator.tier1"

local CTL, WDS, DMS, NAS, BROADCAST = 0, 1, 2, 3, 0xff
local ALLOCATE, SYNC = 0x0022, 0x0027
local COMMAND_TIME = 300
local FLOOD = 400

local function noise(length)
  local bytes = {}
  for i = 1, length do bytes[i] = string.char(math.random(0, 255)) end
  return table.concat(bytes)
end

local function tlv(tag, value) return string.pack("<I1s2", tag, value) end

local function with(message, fields)
  local copy = {}
  for key, value in pairs(message) do copy[key] = value end
  for key, value in pairs(fields) do copy[key] = value end
  return copy
end

local function with_byte(bytes, at, value) return bytes:sub(1, at - 1) .. string.char(value) .. bytes:sub(at + 1) end

local function news(service, client, id, tlvs)
  return core.build {
    type = "indication", from_modem = true, service = service, client = client, transaction = service == CTL and 0 or 1,
    id = id, tlvs = tlvs or "",
  }
end

local function flood(frame, frames)
  for _ = 1, FLOOD do frames[#frames + 1] = frame end
  return frames
end

-- The answer to an allocation, with another id in it; all other answers as they are.
local function with_id(message, service, id)
  if message.service ~= CTL or message.id ~= ALLOCATE then
    return { core.build(message) }
  end
  local given = ctl.allocate_cid.response:decode(message.tlvs).allocation_info
  local asked = given and (services[given.service] or given.service)
  return { core.build(asked and with(message, {
    tlvs = tlv(2, "\0\0\0\0") .. tlv(1, string.char(service or asked, id)),
  }) or message) }
end

-- The frames that replace each answer; indications stay as they are.
local attacks = {
  ["noise"] = function(message) return { noise(#core.build(message)) } end,
  ["another marker"] = function(message) return { with_byte(core.build(message), 1, 0x7e) } end,
  ["a length too great"] = function(message) return { with_byte(core.build(message), 3, 0x40) } end,
  ["a length too small"] = function(message) return { with_byte(core.build(message), 2, 3) } end,
  ["no length"] = function(message) return { with_byte(with_byte(core.build(message), 2, 0), 3, 0) } end,
  ["half a frame"] = function(message)
    local frame = core.build(message)
    return { frame:sub(1, #frame // 2) }
  end,
  ["byte by byte"] = function(message)
    local frames, frame = {}, core.build(message)
    for i = 1, #frame do frames[i] = frame:sub(i, i) end
    return frames
  end,
  ["another client"] = function(message)
    return { core.build(with(message, { client = message.client ~ 0x55 })) }
  end,
  ["everybody's client"] = function(message) return { core.build(with(message, { client = BROADCAST })) } end,
  ["another transaction"] = function(message)
    return { core.build(with(message, { transaction = message.transaction ~ 0x55 })) }
  end,
  ["another service"] = function(message) return { core.build(with(message, { service = message.service ~ 1 })) } end,
  ["another message"] = function(message) return { core.build(with(message, { id = message.id ~ 3 })) } end,
  ["an answer that is a request"] = function(message) return { core.build(with(message, { type = "request" })) } end,
  ["an answer that is news"] = function(message) return { core.build(with(message, { type = "indication" })) } end,
  ["each answer three times"] = function(message)
    local frame = core.build(message)
    return { frame, frame, frame }
  end,
  ["TLVs that are cut off"] = function(message)
    return { core.build(with(message, { tlvs = message.tlvs:sub(1, -2) })) }
  end,
  ["a TLV that reaches far beyond"] = function(message)
    return { core.build(with(message, { tlvs = message.tlvs .. "\16\255\255x" })) }
  end,
  ["empty TLVs"] = function(message)
    local tlvs = tlv(2, "\0\0\0\0")
    for tag = 1, 0x40 do tlvs = tag == 2 and tlvs or tlvs .. tlv(tag, "") end
    return { core.build(with(message, { tlvs = tlvs })) }
  end,
  ["lists without end"] = function(message)
    local tlvs = tlv(2, "\0\0\0\0")
    for tag = 1, 0x40 do tlvs = tag == 2 and tlvs or tlvs .. tlv(tag, ("\255"):rep(200)) end
    return { core.build(with(message, { tlvs = tlvs })) }
  end,
  ["one TLV ten thousand times"] = function(message)
    return { core.build(with(message, { tlvs = tlv(2, "\0\0\0\0") .. tlv(1, "\1\2"):rep(10000) })) }
  end,
  ["no TLVs"] = function(message) return { core.build(with(message, { tlvs = "" })) } end,
  ["success and nothing else"] = function(message)
    return { core.build(with(message, { tlvs = tlv(2, "\0\0\0\0") })) }
  end,
  ["failures of no known kind"] = function(message)
    return { core.build(with(message, { tlvs = tlv(2, "\1\0" .. noise(2)) })) }
  end,
  ["half a result"] = function(message) return { core.build(with(message, { tlvs = tlv(2, "\0") })) } end,
  ["noise in each TLV"] = function(message)
    local tlvs = message.tlvs:sub(1, 7) .. (#message.tlvs > 10 and
      message.tlvs:sub(8, 10) .. noise(#message.tlvs - 10) or "")
    return { core.build(with(message, { tlvs = tlvs })) }
  end,
  ["another byte"] = function(message)
    local frame = core.build(message)
    return { with_byte(frame, math.random(#frame), math.random(0, 255)) }
  end,
  ["one id for all"] = function(message) return with_id(message, nil, 7) end,
  ["the id 0"] = function(message) return with_id(message, nil, 0) end,
  ["everybody's id"] = function(message) return with_id(message, nil, BROADCAST) end,
  ["an id of the control service"] = function(message) return with_id(message, CTL, 7) end,
  ["it starts anew with each answer"] = function(message)
    return { news(CTL, 0, SYNC), core.build(message), news(CTL, 0, SYNC) }
  end,
  ["it starts anew again and again"] = function(message)
    return flood(news(CTL, 0, SYNC), { core.build(message) })
  end,
  ["a flood of news"] = function(message)
    local frames = flood(news(NAS, BROADCAST, 0x0024, tlv(1, "\1\1\1\1\1\8")), {})
    return table.move({ core.build(message) }, 1, 1, #frames + 1, flood(news(WDS, BROADCAST, 0x0022), frames))
  end,
  ["news that its connection is over"] = function(message)
    return { news(WDS, BROADCAST, 0x0022, tlv(1, "\1\0")), core.build(message), news(WDS, 1, 0x0022, tlv(1, "\1\0")) }
  end,
  ["news of services that nobody asked for"] = function(message)
    local frames = {}
    for service = 0, 255 do frames[#frames + 1] = news(service, service, 0xffff, noise(20)) end
    return table.move({ core.build(message) }, 1, 1, #frames + 1, frames)
  end,
  ["silence but for the control service"] = function(message)
    return message.service == CTL and { core.build(message) } or {}
  end,
  ["a modem without a name"] = function(message)
    return { core.build(message.service ~= DMS and message
      or with(message, { tlvs = tlv(2, "\0\0\0\0") .. tlv(1, ("\255\0\27[2J"):rep(1000)) })) }
  end,
}

-- All answers of the modem go through the attack.
local function attack_all(attack)
  local new = sim_qmi.new
  function sim_qmi.new(modem, options)
    local send = options.send
    function options.send(frame, to)
      local message = core.parse(frame)
      for _, bytes in ipairs(message and message.type == "response" and attack(message) or { frame }) do
        send(bytes, to)
      end
    end
    return new(modem, options)
  end
end

if arg[1] == "list" then
  local names = {}
  for name in pairs(attacks) do names[#names + 1] = name end
  table.sort(names)
  print(json.encode(names))
  return
end

local HOST = [[ip -o address show dev wwan0 scope global; ip route; ip -6 route show proto 77; cat /etc/resolv.conf
  find /run/moontower/links -type f 2>/dev/null]]

math.randomseed(11)
assert(tier1.enter())
attack_all(assert(attacks[arg[1]], arg[1]))
local group <close> = task.group()
local modem = new_simulated(mc7455, group)
modem:compose "qmi"
assert(tier1.start(modem, group))
local function host() return assert(process.run { "sh", "-c", HOST, timeout = 600 }).stdout end
local before = host()
local result = assert(process.run { "sh", "-c", arg[2], timeout = COMMAND_TIME })
print(json.encode { status = result.status, out = result.stdout, err = result.stderr, before = before, after = host() })
modem:unplug()
