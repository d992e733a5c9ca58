-- SPDX-License-Identifier: MIT
-- The simulated modem's firmware, in the words of the device management service.

local dms = require "qmi.dms"

local ID_SIZE = 16
local ANY = "?_?" -- the id of the modem's image in Sierra's preferences: whichever fits

local function padded(text)
  return text .. ("\0"):rep(ID_SIZE - #text)
end

local function pri_of(modem, carrier)
  local image = modem.personality.image
  return { type = "pri", unique_id = padded(image.pri), build_id = image.version .. "_" .. carrier }
end

local function running(modem)
  return {
    { type = "modem", unique_id = padded(ANY), build_id = modem.personality.image.version .. "_?" },
    pri_of(modem, modem:carrier()),
  }
end

local function stored(modem)
  local list = { running(modem)[1] }
  for _, carrier in ipairs(modem:carriers()) do list[#list + 1] = pri_of(modem, carrier) end
  return list
end

local function is_stored(modem, wanted)
  for _, image in ipairs(stored(modem)) do
    if image.type == wanted.type and image.build_id == wanted.build_id and image.unique_id == wanted.unique_id then
      return true
    end
  end
  return false
end

---Adds it to the device management service.
return function(handle)
  handle(dms.get_firmware_preference, function(modem)
    return { list = modem.firmware_preference or running(modem) }
  end)

  -- The answer says what the host has to bring, which begins with the next reset.
  handle(dms.set_firmware_preference, function(modem, values)
    local missing = {}
    for _, image in ipairs(values.list) do
      if not is_stored(modem, image) then
        missing[#missing + 1] = image.type
      end
    end
    modem.firmware_preference = values.list
    return { image_download_list = missing }
  end)

  handle(dms.list_stored_images, function(modem)
    if modem.personality.image.carrier == "" then
      return nil, "invalid-qmi-command"
    end
    local modems = { type = "modem", maximum_images = 4, index_of_running_image = 0, sublist = {} }
    local pris = { type = "pri", maximum_images = 50, index_of_running_image = 0, sublist = {} }
    for _, image in ipairs(stored(modem)) do
      local list = image.type == "modem" and modems or pris
      if image.build_id == running(modem)[2].build_id then
        list.index_of_running_image = #list.sublist
      end
      list.sublist[#list.sublist + 1] = {
        storage_index = image.type == "modem" and 1 or 0xff, failure_count = 0,
        unique_id = image.unique_id, build_id = image.build_id,
      }
    end
    return { list = { modems, pris } }
  end)

  handle(dms.get_boot_image_download_mode, function() return { mode = "normal" } end)
end
