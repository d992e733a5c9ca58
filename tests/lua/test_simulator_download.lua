-- SPDX-License-Identifier: MIT
-- How the simulated eUICC takes a profile: each step in its order only, and nothing half.

local ber_tlv = require "base.ber_tlv"
local client = require "support.uicc_client"
local esim = require "simulator.models.esim"
local euicc = require "simulator.euicc"
local hex = require "base.hex"
local lu = require "luaunit"
local sprint = require "simulator.models.sprint"

local T = {}

local encode, find = ber_tlv.encode, ber_tlv.find
local TRANSACTION, SIGNATURE = ("t"):rep(16), encode(0x5f37, ("s"):rep(64))
local CERTIFICATE = encode(0x30, "")
local ICCID = hex.decode "98101400000089674503"

-- A card, and what calls its functions.
local function new_card()
  local card = euicc.card(sprint.card, esim.profiles(sprint.card))
  local function send(apdu) return card.uicc:transmit(apdu) end
  local function start() send("\0\xa4\4\0\16" .. client.ISD_R) end
  start()
  return card, function(tag, value, ...) return client.ask(send, tag, value or "", ...) end, send, start
end

local function authenticate(ask, challenge, signature)
  challenge = challenge or ask(0xbf2e, "", 0x80)
  return ask(0xbf38, encode(0x30, encode(0x80, TRANSACTION), encode(0x81, challenge), encode(0x83, "smdp.example"),
    encode(0x84, ("c"):rep(16))) .. (signature or SIGNATURE) .. encode(0x04, "") .. CERTIFICATE
    .. encode(0xa0, encode(0x80, "GOOD")))
end

local function prepare(ask, transaction, signature)
  return ask(0xbf21, encode(0x30, encode(0x80, transaction or TRANSACTION), "\1\1\0") .. (signature or SIGNATURE)
    .. CERTIFICATE)
end

-- The parts of a package, as a host hands them on: heads of lists apart from their elements.
local function parts(options)
  local iccid, elements = options.iccid or ICCID, {}
  local metadata = options.metadata or encode(0xbf25, encode(0x5a, iccid), encode(0x91, "AT&T"), encode(0x92, "New"),
    encode(0xb7, encode(0x80, "\x13\0\x14")))
  for i = 1, 3 do elements[i] = encode(0x86, ("e"):rep(300)) end
  local all, channel = table.concat(elements), encode(0xbf23, encode(0x80, options.transaction or TRANSACTION))
  local rest = encode(0xa0, encode(0x87, "isdp")) .. encode(0xa1, encode(0x88, metadata, ("m"):rep(8)))
  local list = {
    encode(0xbf36, channel, rest, encode(0xa3, all)):sub(1, 5) .. channel,
    encode(0xa0, encode(0x87, "isdp")), "\xa1\x7f", encode(0x88, metadata, ("m"):rep(8)), "\xa3\x82\3\x90",
  }
  assert(#all == 0x390)
  return table.move(elements, 1, 3, #list + 1, list)
end

-- Hands a package on; the result, once there is one.
local function load(send, list)
  for i, part in ipairs(list) do
    local answer, status = client.call(send, part)
    if answer ~= "" or status ~= 0x9000 then
      return answer, status, i
    end
  end
end

local function prepared()
  local card, ask, send, start = new_card()
  lu.assertNotNil(find(authenticate(ask), 0xa0, 0x30, 0xbf22, 0x82))
  lu.assertEquals(#find(prepare(ask), 0xa0, 0x30, 0x5f49), 65)
  return card, ask, send, start
end

function T.test_a_profile()
  local card, ask, send = prepared()
  local result, status, at = load(send, parts {})
  lu.assertEquals({ status, at, #card.euicc.profiles }, { 0x9000, 8, 4 })
  lu.assertEquals(find(result, 0xbf37, 0xbf27, 0xa2, 0xa0, 0x4f), card.euicc.profiles[4].aid)
  lu.assertEquals(ask(0xbf2b, "", 0xa0), result)
  local profile = card.euicc.profiles[4]
  lu.assertEquals({ profile.iccid, profile.imsi, profile.operator.provider.name, profile.server, profile.is_enabled },
    { "89014100000098765430", "310410009876543", "AT&T", "smdp.example" })
end

function T.test_the_order_of_steps()
  local card, ask, send = new_card()
  lu.assertEquals(find(prepare(ask), 0xa1, 0x02), "\4")
  lu.assertEquals(select(2, load(send, parts {})), 0x6a80)
  authenticate(ask)
  lu.assertEquals(select(2, load(send, parts {})), 0x6a80)
  lu.assertEquals(find(prepare(ask, "another"), 0xa1, 0x02), "\5")
  prepare(ask)
  lu.assertEquals(ask(0xbf41, encode(0x80, "another") .. "\x81\1\0", 0x81), "\5")
  lu.assertNotNil(ask(0xbf41, encode(0x80, TRANSACTION) .. "\x81\1\0", 0xa0))
  lu.assertEquals(find(prepare(ask), 0xa1, 0x02), "\4")
  lu.assertEquals(#card.euicc.profiles, 3)
end

function T.test_who_is_not_trusted()
  local _, ask = new_card()
  lu.assertEquals(find(authenticate(ask, ("x"):rep(16)), 0xa1, 0x02), "\6")
  lu.assertEquals(find(authenticate(ask, nil, encode(0x5f37, ("\0"):rep(64))), 0xa1, 0x02), "\2")
  authenticate(ask)
  lu.assertEquals(find(prepare(ask, nil, encode(0x5f37, "short")), 0xa1, 0x02), "\2")
end

-- By the command of the package, and the reason.
function T.test_packages_refused()
  for reason, options in pairs {
    ["00 03"] = { transaction = "another" }, ["02 07"] = { metadata = encode(0xbf25, encode(0x5a, ICCID)) },
    ["02 09"] = { iccid = hex.decode "98101400001032547668" }, ["05 0A"] = { full = true },
  } do
    local card, _, send = prepared()
    card.euicc.is_full = options.full
    local result = load(send, parts(options))
    local final = find(result, 0xbf37, 0xbf27, 0xa2, 0xa1)
    lu.assertEquals(hex.encode(find(final, 0x80)) .. " " .. hex.encode(find(final, 0x81)), reason)
    lu.assertEquals(#card.euicc.profiles, 3)
  end
end

-- Power goes away half way: nothing of it stays, and the next one goes through.
function T.test_interrupted()
  local card, ask, send, start = prepared()
  local list = parts {}
  lu.assertNil(load(send, table.move(list, 1, 6, 1, {})))
  card:power_on()
  start()
  lu.assertEquals(select(2, client.call(send, list[7])), 0x6a88)
  lu.assertEquals(#card.euicc.profiles, 3)
  authenticate(ask)
  prepare(ask)
  load(send, list)
  lu.assertEquals(#card.euicc.profiles, 4)
end

-- A host may send anything: the card has an answer, and goes on.
function T.test_damaged_packages()
  math.randomseed(11)
  for _ = 1, 300 do
    local card, ask, send = prepared()
    local list = parts {}
    local at = math.random(#list)
    local part = list[at]
    local place = math.random(#part)
    list[at] = part:sub(1, place - 1) .. string.char(math.random(0, 255)) .. part:sub(place + 1, math.random(#part))
    load(send, list)
    lu.assertEquals(#ask(0xbf3e, "\x5c\1\x5a", 0x5a), 16)
    lu.assertTrue(#card.euicc.profiles <= 4)
  end
end

return T
