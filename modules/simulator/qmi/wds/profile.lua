-- SPDX-License-Identifier: MIT
-- The simulated modem's profiles: what it stores about APNs, whatever becomes of its power.

local sierra = require "makers.sierra.qmi"
local wds = require "qmi.wds"

local MAX_PROFILES = 16

local function profile_failure(code)
  return { extended_error_code = code }, "extended-internal"
end

-- The profile that a request names.
local function find(modem, identifier)
  return identifier.profile_type == "3gpp" and modem.profiles[identifier.profile_index] or nil
end

local function is_3gpp(profile_type)
  return profile_type == "3gpp" or profile_type == "all"
end

local not_settings = {
  profile_type = true, profile_identifier = true, pdp_context_number = true, unknown = true,
}

-- Takes over what a request says, and leaves the rest.
local function write(profile, values)
  for name, value in pairs(values) do
    if not not_settings[name] then
      profile[name] = value
    end
  end
end

local function tell(modem, index, change)
  modem:emit("profile", { profile_type = "3gpp", profile_index = index, change_event = change })
end

local function create(modem, index, values)
  modem.profiles[index] = { profile_name = "", apn_name = "", pdp_type = "ipv4" }
  write(modem.profiles[index], values)
  modem:profiles_changed()
  tell(modem, index, "create-event")
  return { profile_identifier = { profile_type = "3gpp", profile_index = index } }
end

---Adds them to the wireless data service.
return function(data, handle)
  handle(wds.get_profile_list, function(modem, values)
    local list = {}
    for index, profile in pairs(is_3gpp(values.profile_type or "3gpp") and modem.profiles or {}) do
      list[#list + 1] = { profile_type = "3gpp", profile_index = index, profile_name = profile.profile_name }
    end
    table.sort(list, function(a, b) return a.profile_index < b.profile_index end)
    return { profile_list = list }
  end)

  handle(wds.get_profile_settings, function(modem, values)
    local profile = find(modem, values.profile_identifier)
    if not profile then
      return profile_failure("invalid-profile-number")
    end
    local answer = { pdp_context_number = values.profile_identifier.profile_index }
    write(answer, profile)
    answer.password = nil -- it is not for reading
    return answer
  end)

  handle(wds.create_profile, function(modem, values)
    for index = 1, MAX_PROFILES do
      if values.profile_type == "3gpp" and not modem.profiles[index] then
        return create(modem, index, values)
      end
    end
    return profile_failure(values.profile_type == "3gpp" and "3gpp-out-of-profiles" or "invalid-profile-type")
  end)

  handle(sierra.create_profile_indexed, function(modem, values)
    local index = values.profile_identifier.profile_index
    if index < 1 or index > MAX_PROFILES or find(modem, values.profile_identifier) then
      return nil, "invalid-profile"
    end
    return create(modem, index, values)
  end)

  handle(wds.modify_profile, function(modem, values)
    local profile = find(modem, values.profile_identifier)
    if not profile then
      return profile_failure("invalid-profile-number")
    end
    write(profile, values)
    modem:profiles_changed()
    tell(modem, values.profile_identifier.profile_index, "modify-event")
    return {}
  end)

  handle(wds.delete_profile, function(modem, values)
    local index = values.profile_identifier.profile_index
    if not find(modem, values.profile_identifier) then
      return profile_failure("invalid-profile-number")
    elseif index == modem.default_profile then
      return profile_failure("3gpp-read-only-flag-set")
    end
    modem.profiles[index] = nil
    tell(modem, index, "delete-event")
    return {}
  end)

  handle(wds.get_default_settings, function(_, values)
    if not is_3gpp(values.profile_type) then
      return profile_failure("invalid-profile-type")
    end
    return { profile_name = "", apn_name = "", pdp_type = "ipv4-or-ipv6" }
  end)

  handle(wds.get_default_profile_number, function(modem)
    return { index = modem.default_profile }
  end)

  handle(wds.set_default_profile_number, function(modem, values)
    local index = values.profile_identifier.index
    if not modem.profiles[index] then
      return profile_failure("invalid-profile-number")
    end
    modem.default_profile = index
    return {}
  end)

  handle(wds.get_lte_attach_parameters, function(modem)
    local attached = modem.packet.state == "attached"
    if not attached then
      return nil, "information-unavailable"
    end
    return { apn = modem.contexts[0].apn, ip_support_type = "ipv4v6", ota_attach_performed = true }
  end)

  handle(wds.get_max_lte_attach_pdn_number, function() return { info = 1 } end)

  handle(wds.get_lte_attach_pdn_list, function(modem)
    return { current_list = modem.attach_profiles, pending_list = {} }
  end)

  handle(wds.set_lte_attach_pdn_list, function(modem, values)
    for _, index in ipairs(values.list) do
      if not modem.profiles[index] then
        return nil, "invalid-profile"
      end
    end
    modem.attach_profiles = values.list
    modem:profiles_changed()
    return {}
  end)

  handle(wds.configure_profile_event_list, function(_, _, client)
    client.wants.profiles = true
    return {}
  end)

  function data.events.profile(_, client, change)
    if client.wants.profiles or client.wants.report_profile_changes then
      client.fn:indicate(client, wds.profile_changed, { profile_event = change })
    end
  end
end
