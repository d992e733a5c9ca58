-- SPDX-License-Identifier: MIT
-- Settings of a modem without an AT port, by QMI.

local errors = require "errors"
local json = require "dkjson"
local lu = require "luaunit"
local scripted = require "support.scripted_settings"
local sierra = require "support.scripted_sierra"

local KNOWS = scripted.KNOWS
local run = scripted.run
local settings_of = scripted.settings_of
local with_kernel = scripted.with_kernel

local T = {}

local function qmi_modem()
  local state = {
    composition = 9, modes = { gsm = true, umts = true, lte = true },
    lte = { 0x130818df, 0, 0, 0 }, profiles = { { apn_name = "broadband", pdp_type = "ipv4" } },
  }
  local handlers = {
    ["Sierra Get USB Composition"] = function() return { current = state.composition, supported = { 6, 8, 9 } } end,
    ["Sierra Set USB Composition"] = function(values) state.composition = values.current return {} end,
    ["Get Capabilities"] = function() return { info = { radio_interface_list = { "gsm", "umts", "lte" } } } end,
    ["Get Band Capabilities"] = function() return { extended_lte_band_capability = { 1, 2, 3, 4, 5, 12, 66 } } end,
    ["Get System Selection Preference"] = function()
      return {
        mode_preference = state.modes, lte_band_preference = state.lte[1], extended_lte_band_preference = state.lte,
      }
    end,
    ["Set System Selection Preference"] = function(values)
      lu.assertEquals(values.change_duration, "permanent")
      state.modes = values.mode_preference or state.modes
      state.lte = values.extended_lte_band_preference or state.lte
      return {}
    end,
    ["Get LTE Attach PDN List"] = function() return { current_list = { 1 } } end,
    ["Get Profile List"] = function()
      local list = {}
      for i in pairs(state.profiles) do list[#list + 1] = { profile_type = "3gpp", profile_index = i } end
      return { profile_list = list }
    end,
    ["Get Profile Settings"] = function(values) return state.profiles[values.profile_identifier.profile_index] end,
    ["Modify Profile"] = function(values)
      state.profiles[values.profile_identifier.profile_index] = values
      return {}
    end,
    ["Swi Create Profile Indexed"] = function(values)
      if state.is_plain then
        return errors.fail { code = "rejected", message = "no such message" }
      end
      state.profiles[values.profile_identifier.profile_index] = values
      return {}
    end,
    ["Create Profile"] = function(values)
      local number = #state.profiles + 1
      state.profiles[number] = values
      return { profile_identifier = { profile_type = "3gpp", profile_index = number } }
    end,
    ["Delete Profile"] = function(values)
      state.profiles[values.profile_identifier.profile_index] = nil
      return {}
    end,
  }
  local no_client = { release = function() end, allocate = function()
    return errors.fail { code = "rejected", message = "no such service" }
  end }
  return {
    qmi = { client = function() return no_client end, request = function(_, message, values)
      -- What a message cannot carry is a mistake here.
      assert(message.request:encode(values or {}))
      return assert(handlers[message.name], message.name)(values)
    end },
    description = { vendor = "1199", product = "9071", usb = "1-1", protocol = "mbim", interface = 0 },
  }, state
end

-- 5G standalone and beside LTE have masks of their own; modes have 5G as one.
function T.test_5g_by_qmi()
  local function masks(low, second) return { low, second or 0, 0, 0, 0, 0, 0, 0 } end
  local state = {
    lte_band_preference = 1 << 2, nr5g_sa_band_preference = masks(1 << 40, 1 << 6),
    nr5g_nsa_band_preference = masks(1 << 40), mode_preference = { umts = true, lte = true, ["5gnr"] = true },
  }
  local modem = { qmi = { request = function(_, message, values)
    assert(message.request:encode(values or {}))
    if message.name == "Get System Selection Preference" then
      return state
    elseif message.name == "Set System Selection Preference" then
      for key, value in pairs(values) do state[key] = value end
      return {}
    elseif message.name == "Get Capabilities" then
      return { info = { radio_interface_list = { "umts", "lte", "5gnr" } } }
    end
    return { extended_lte_band_capability = { 3, 7 }, nr5g_band_capability = { 41, 71 } }
  end }, description = { protocol = "qmi" } }
  local list = settings_of(modem, { rat = "auto", bands = "B3" })
  lu.assertEquals(list.bands:show(list.bands:read(modem)), "B3+sa-n41+sa-n71+nsa-n41")
  lu.assertEquals(list.bands:choices(), "B3+B7+n41+n71")
  lu.assertEquals(run(list.bands, modem, "nsa-n71"), "QMI NAS system selection: nsa-n71")
  assert(list.bands:set(modem, assert(list.bands:normalise "sa-n71"), {}))
  lu.assertEquals({ state.nr5g_sa_band_preference, state.nr5g_nsa_band_preference, state.lte_band_preference },
    { masks(0, 1 << 6), masks(1 << 40), 1 << 2 })
  lu.assertEquals(run(list.bands, modem, "n41"), "QMI NAS system selection: n41")
  lu.assertEquals(list.bands:why_not(modem, list.bands:normalise "nsa-n78").code, "unsupported")
  lu.assertEquals(run(list.rat, modem, "sa"), "QMI NAS system selection: nr")
  lu.assertEquals(select(2, list.rat:normalise "lte+nsa").code, "unsupported")
end

function T.test_by_qmi()
  with_kernel(KNOWS, "modules.alias", function(folder)
    local modem, state = qmi_modem()
    local list, missing = settings_of(modem, nil, folder)
    lu.assertEquals(run(list.composition, modem, { "at", "mbim" }), "QMI DMS 0x555C, composition 8")
    lu.assertEquals(run(list.composition, modem, { "qmi", "at" }), "QMI DMS 0x555C, composition 6")
    lu.assertEquals(run(list.rat, modem, "lte"), "QMI NAS system selection: lte")
    lu.assertEquals(run(list.rat, modem, "auto"), "same")
    lu.assertEquals(run(list.bands, modem, "B2+B66"), "QMI NAS system selection: B2+B66")
    lu.assertStrContains(list.bands:why_not(modem, assert(list.bands:normalise "B7")).message, "B7")
    lu.assertEquals(run(list.contexts, modem, { [1] = { apn = "r.ispsn" }, [3] = { apn = "ims", ip = "ipv6" } }),
      "QMI WDS profile 1: r.ispsn, ipv4v6; QMI WDS profile 3: ims, ipv6")
    lu.assertNil(state.profiles[3])
    state.is_plain = true
    lu.assertEquals(run(list.contexts, modem, { [2] = { apn = "ims" } }), "QMI WDS profile 2: ims, ipv4v6")
    local wanted = assert(list.contexts:normalise { [7] = { apn = "seven" } })
    local ok, err = list.contexts:set(modem, wanted, assert(list.contexts:read(modem)))
    lu.assertNil(ok)
    lu.assertStrContains(err.message, "makes no context 7, only 2")
    lu.assertNil(state.profiles[2])
    lu.assertStrContains(missing.ipv6.hint, "no AT port")
  end)
end

-- A composition saved when there was no AT port, put back when there is one.
function T.test_values_saved_by_one_way_are_understood_by_another()
  local by_qmi = settings_of(qmi_modem(), { composition = {} }).composition
  local saved = assert(by_qmi:read((qmi_modem())))
  local modem, composition = sierra.mc7455()
  local by_at = settings_of(modem, { composition = {} }).composition
  saved = assert(by_at:normalise(json.decode(json.encode(saved))))
  assert(by_at:set(modem, saved, assert(by_at:read(modem))))
  lu.assertEquals(composition.mask, 0x100d)
end

return T
