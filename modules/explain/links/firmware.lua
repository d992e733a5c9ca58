-- SPDX-License-Identifier: MIT
-- The firmware: it runs, and answers.

local facts = require "explain.facts"
local link = require "explain.link"

local function waits(case, seen)
  if case.waiting.mode then
    seen:read(case.waiting.mode)
  elseif not case.pci then
    seen:note("ids", ("%s:%s, those of a boot loader"):format(case.ids.vendor, case.ids.product))
  end
  for _, port in ipairs(case.waiting.ports) do seen:note(port.path, port.role) end
  return seen:broken {
    code = "wrong-mode", message = "it is in its boot loader, and waits for firmware (download mode)",
    hint = (case.pci and "Switch the computer off, and on again." or "Unplug it, and plug it in again.")
      .. " If it comes back like this, its firmware is damaged, or an update was cut short: its maker's program, or "
      .. "fwupd, writes it again.",
  }
end

local MUTE = "`moontower reset --usb` restarts it without asking it; unplugging it and plugging it in again does, too."
local SLEEP = " If it happens again and again, keep the kernel from sending it to sleep: `echo on > %s/power/control`."

local function mute(case, seen, code, message)
  local control = case.usb and seen:read_any(case.usb .. "/power/control")
  return seen:broken {
    code = code, message = ("its firmware does not answer: %s"):format(message),
    hint = MUTE .. (control == "auto" and SLEEP:format(case.usb) or ""),
  }
end

local SILENT = { ["timeout"] = true, ["modem-mute"] = true, ["gone"] = true }

return link {
  name = "firmware", needs = { "holder" },

  look = function(case, seen)
    if case.waiting then
      return waits(case, seen)
    end
    local modem, err = case:open()
    if not modem then -- and what has it works
      return seen:not_reached("it is not asked: %s", err.message)
    end
    local ok
    ok, err = modem:ensure_started()
    local identity
    if ok then
      identity, err = modem:identity()
    end
    local silence = identity and facts.of(case).asked.silence
    if silence then
      seen:note("the questions after its identity", silence.message)
      return mute(case, seen, silence.code, silence.message)
    elseif identity then
      seen:note("identity", ("firmware %s, hardware %s"):format(identity.firmware or "?", identity.hardware or "?"))
      return seen:ok("%s, firmware %s", modem:describe(identity.hardware), identity.firmware or "unknown")
    end
    seen:note("identity", tostring(err))
    if SILENT[err.code] then
      return mute(case, seen, err.code, tostring(err))
    end
    return seen:broken {
      code = err.code, message = tostring(err),
      hint = err.hint or "It may be starting: try again in a minute. If it stays so, `moontower reset`.",
    }
  end,
}
