-- SPDX-License-Identifier: MIT
-- The simulated modem's firmware, in the words of the device management service.

local dms = require "qmi.dms"

local ID_SIZE = 16
local ANY = "?_?" -- the id of the modem's image in Sierra's preferences: whichever fits

local function padded(text)
  return text .. ("\0"):rep(ID_SIZE - #text)
end

local function running(modem)
  local image = modem.personality.image
  return {
    { type = "modem", unique_id = padded(ANY), build_id = image.version .. "_?" },
    { type = "pri", unique_id = padded(image.pri), build_id = image.version .. "_" .. image.carrier },
  }
end

local function is_stored(modem, wanted)
  for _, image in ipairs(running(modem)) do
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
    local list = {}
    for i, image in ipairs(running(modem)) do
      list[i] = {
        type = image.type, maximum_images = image.type == "modem" and 4 or 50, index_of_running_image = 0,
        sublist = { {
          storage_index = image.type == "modem" and 1 or 0xff, failure_count = 0,
          unique_id = image.unique_id, build_id = image.build_id,
        } },
      }
    end
    return { list = list }
  end)

  handle(dms.get_boot_image_download_mode, function() return { mode = "normal" } end)
end
