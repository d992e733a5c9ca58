-- SPDX-License-Identifier: MIT
-- The SIM slots of a modem: switching to another one, and waiting for the card there.
--
-- The slots are not changed by anything else here, and no PIN is entered: a card that wants one is reported as locked.

local errors = require "errors"

local CARD_TIME = 30 -- seconds that a modem may take to start a card

---@class modem.slot
---@field number integer as people count, from 1 on
---@field state "empty"|"active"|"inactive"|"error"|"unknown" active: it is the one in use, and has a card; unknown: the
--- modem does not tell whether there is a card
---@field in_use boolean
---@field is_esim boolean? nil: not told
---@field iccid string?
---@field eid string? of an eSIM

---@class modem.switched
---@field slot integer
---@field before integer? the slot that was in use
---@field sim modem.sim of the new slot

local M = {}

---@param name string of the protocol
---@param count integer? how many slots it tells of
---@return nil
---@return moontower.error
function M.none(name, count)
  return errors.fail {
    code = "unsupported", source = name,
    message = count == 1 and "the modem has one SIM slot" or "the modem tells nothing of SIM slots",
    hint = "Another card has to be put in by hand.",
  }
end

---The slot that is in use.
---@param slots modem.slot[]
---@return modem.slot?
function M.current(slots)
  for _, slot in ipairs(slots) do
    if slot.in_use then
      return slot
    end
  end
end

local function numbers_of(slots)
  local numbers = {}
  for i, slot in ipairs(slots) do numbers[i] = tostring(slot.number) end
  return table.concat(numbers, ", ")
end

local function find(slots, number, force)
  local slot
  for _, one in ipairs(slots) do slot = one.number == number and one or slot end
  if not slot then
    return errors.fail {
      code = "not-found", source = "modem", message = ("there is no SIM slot %d"):format(number),
      hint = ("The modem has these: %s."):format(numbers_of(slots)),
    }
  elseif slot.state == "empty" and not force then
    return errors.fail {
      code = "sim-missing", source = "modem", message = ("SIM slot %d is empty"):format(number),
      hint = "Put a card in. If the modem is wrong about that, --force switches to it.",
    }
  end
  return slot
end

-- Just after a switch a modem may still tell of the old card, and then, for a while, of none. Only what the new card
-- says ends the wait before its time, or that the slot is known to be empty.
local function wait_for_card(modem, slot, old_iccid, seconds)
  local function is_there(sim)
    local is_new = not old_iccid or sim.iccid ~= old_iccid
    local is_empty = sim.state == "missing" and slot.state == "empty"
    return is_empty or is_new and (sim.state == "ready" or sim.state == "locked")
  end
  local sim, err = modem:wait_for("sim", function() return modem:sim() end, is_there, seconds)
  if sim and old_iccid and sim.iccid == old_iccid then
    return errors.fail {
      code = "timeout", source = "modem",
      message = ("the modem says that it uses slot %d now, and has the card of the old one"):format(slot.number),
      hint = "Restart it: `moontower reset`.",
    }
  end
  return sim, not sim and err or nil
end

---Has the modem use the card in another slot, and waits for that. Its connection ends first, on this computer, too.
---@param modem modem.modem
---@param number integer as people count, from 1 on
---@param options { force: boolean?, seconds: number?, progress: fun(step: "switch"|"card")? }? force: an empty one
---@return modem.switched? switched `sim.state` may be anything: see there
---@return moontower.error? err "sim-missing": it is empty; "not-found": there is no such slot
function M.use(modem, number, options)
  options = options or {}
  local progress = options.progress or function() end
  local slots, err = modem:slots()
  local slot
  if slots then
    slot, err = find(slots, number, options.force)
  end
  local before = slots and M.current(slots)
  local sim
  if slot then
    sim, err = modem:sim()
  end
  if not slot or not sim then
    return nil, err
  elseif slot.in_use then
    return { slot = number, before = number, sim = sim }
  end
  progress "switch"
  local ok
  if modem.description.protocol ~= "at" then
    ok, err = modem:down()
  end
  if not err then
    ok, err = modem:select_slot(number)
  end
  if not ok then
    return nil, err
  end
  modem.notifications:forget() -- all that it has told was of the old card
  modem.found_apn = nil
  progress "card"
  sim, err = wait_for_card(modem, slot, sim.iccid, options.seconds or CARD_TIME)
  return sim and { slot = number, before = before and before.number, sim = sim }, err
end

return M
