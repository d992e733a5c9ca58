-- SPDX-License-Identifier: MIT
-- Which of host, modem, card and network has refused something, and what to do about it: the kinds of refusals that the
-- tables of all protocols name their numbers' kinds from.

local errors = require "errors"

local M = {}

---@class verdict.kind
---@field [1] "host"|"modem"|"card"|"network" who refuses
---@field [2] string hint
---@field [3] string? code of the error; nil: that of what was refused

---@type table<string, verdict.kind>
local kinds = {
  -- Nothing is wrong.
  ["fine"] = { "modem", "Nothing has to be done." },

  -- Our request, or its form.
  ["message"] = { "host", "The modem does not take what moontower sends: `moontower trace` shows it." },
  ["value"] = { "host", "Check what was asked for: APN, IP type, user, password, numbers." },
  ["ended-here"] = { "host", "Something on this computer has ended it: `moontower up` connects again." },

  -- The modem.
  ["modem"] = { "modem", "Try again; if it stays so, restart the modem: `moontower reset`." },
  ["bare-error"] = { "modem",
    "It says no more: it may not know the command, or not take it in its state. `AT+CMEE=2` makes some say why.",
  },
  ["moving"] = { "modem", "Try again in a moment: the modem is changing cell, network or state." },
  ["busy"] = { "modem", "Try again in a moment; or stop the other program that uses the modem.", "busy" },
  ["starting"] = { "modem", "Try again in some seconds: modem or SIM is still starting.", "busy" },
  ["unsupported"] = { "modem", "Another modem, or newer firmware, may be able to do it.", "unsupported" },
  ["full"] = { "modem", "End connections or programs that use the modem; or restart it: `moontower reset`." },
  ["no-room"] = { "modem",
    "`moontower sms delete --all-read` makes room. The daemon moves what comes in to this computer's disk.",
  },
  ["no-centre"] = { "modem",
    "The operator tells the number; `moontower at 'AT+CSCA=\"+15550100\",145'` sets it.",
  },
  ["state"] = { "modem", "`moontower status` shows the modem's state; then try again." },
  ["radio-off"] = { "modem",
    "`moontower radio on` switches it on, unless a switch of the computer, the slot's W_DISABLE pin or the "
    .. "maker's FCC lock keeps it off (`moontower unlock --help`).", "radio-off",
  },
  ["hot"] = { "modem", "Let it cool down: a heat sink or moving air helps." },
  ["settings"] = { "modem", "A setting of the modem forbids it: `moontower setup CARRIER --plan` compares them." },
  ["roaming-off"] = { "modem",
    "A setting of the modem, or the plan, allows no data in foreign networks.", "roaming-refused",
  },
  ["throttled"] = { "modem",
    "The modem itself waits after failed attempts: mend what was wrong with them, then wait some minutes, or "
    .. "restart it: `moontower reset`.",
  },
  ["family"] = { "modem", "Ask for the other IP type: --ip ipv4 or --ip ipv6." },
  ["no-service"] = { "modem",
    "Antennas connected? Is there coverage? Does the modem's radio access (4G, 3G) suit the network?", "not-registered",
  },
  ["detached"] = { "modem", "`moontower up` attaches; `moontower status` shows the network.", "attach-failed" },
  ["locked-modem"] = { "modem",
    "The modem takes the SIMs of one operator, or of one device, only. Its seller has the code that unlocks "
    .. "it.", "modem-locked",
  },

  -- The card.
  ["no-card"] = { "card", "Is it in the right way, and all the way?", "sim-missing" },
  ["pin"] = { "card",
    "Put its PIN into /etc/moontower/pin, which only root may be able to read; or switch the PIN off in a "
    .. "phone.", "sim-locked",
  },
  ["wrong-pin"] = { "card", "Mend it before the next try: too many block the SIM.", "sim-locked" },
  ["puk"] = { "card",
    "The operator tells the PUK. Enter it in a phone; too many wrong PUKs destroy the SIM.", "sim-blocked",
  },
  ["card"] = { "card", "Clean it, or try it in a phone.", "sim-failure" },
  ["card-refuses"] = { "card", "The SIM itself does not allow it, or has no such thing: ask the operator." },
  ["card-waits"] = { "card", "`moontower status` shows whether it is missing, locked or still starting." },
  ["card-changed"] = { "card", "The SIM has restarted, or was changed: try again." },

  -- The network.
  ["account"] = { "network", "Ask the operator: the SIM may not be active, not be paid for, or not include this." },
  ["device"] = { "network", "Ask the operator whether this modem's IMEI is blocked, or not registered." },
  ["apn"] = { "network", "Check the APN: a modem that asks with a wrong one again and again is made to wait." },
  ["credentials"] = { "network", "Check user, password and the kind of authentication (PAP or CHAP) of this APN." },
  ["ip-type"] = { "network", "Try another IP type: --ip ipv4, ipv6 or ipv4v6." },
  ["later"] = { "network", "Wait some minutes before trying again; asking faster makes it worse." },
  ["once-more"] = { "network", "Connect again: `moontower up`." },
  ["place"] = { "network",
    "Choose another network or place; or move the antenna, or allow more bands and technologies.",
  },
  ["roaming"] = { "network", "The plan does not roam here: choose another network, or ask the operator for roaming." },
  ["limit"] = { "network", "End another connection first: of this modem, or of this subscription." },
  ["network"] = { "network",
    "Try again later, or in another network; if it stays so, restart the modem (`moontower reset`), or ask the "
    .. "operator.",
  },
  ["protocol"] = { "network",
    "Modem and network misunderstand one another: restart the modem (`moontower reset`), or look for newer "
    .. "firmware.",
  },
}

-- Kinds that may be over by themselves.
local PASSING = {}
for _, kind in ipairs { "moving", "busy", "starting", "throttled", "later", "once-more", "network", "modem" } do
  PASSING[kind] = true
end

---@class verdict.verdict
---@field who "host"|"modem"|"card"|"network"
---@field code string? of an error; nil: that of what was refused
---@field words string
---@field hint string
---@field passes boolean? the same may be granted later, with nothing changed
---@field nw_error integer? the network's cause, where it is one (3GPP)
---@field procedure "session"|"registration"|nil what the cause is of, where it came by AT

---@param kind string
---@param words string
---@param hint string? in place of the kind's
---@return verdict.verdict
function M.new(kind, words, hint)
  local found = kinds[kind] or error(("there is no kind of refusal '%s'"):format(tostring(kind)), 2)
  return { who = found[1], code = found[3], words = words, hint = hint or found[2], passes = PASSING[kind] }
end

---The error of a command that was refused.
---@param doing string
---@param verdict verdict.verdict
---@param fields { source: string, detail: table, code: string? } code: unless the verdict has one; "rejected"
---@return nil
---@return moontower.error err detail.who: who has refused it
function M.fail(doing, verdict, fields)
  fields.detail.who = verdict.who
  return errors.fail {
    code = verdict.code or fields.code or "rejected", source = fields.source, detail = fields.detail,
    message = ("%s: %s"):format(doing, verdict.words), hint = verdict.hint,
  }
end

return M
