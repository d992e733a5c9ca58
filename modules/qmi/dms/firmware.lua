-- SPDX-License-Identifier: MIT
-- Firmware as DMS has it: which images the modem stores and runs, which it is to run, and its boot loader.

local qmi = require "qmi.message"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, bool, struct, list = qmi.enum, qmi.bool, qmi.struct, qmi.list
local bytes, chars, lstring = qmi.bytes, qmi.chars, qmi.lstring

---@class qmi.dms_firmware
local dms_firmware = {}

local function message(key, declaration)
  declaration.service = "dms"
  dms_firmware[key] = qmi.message(declaration)
end

local image_type = enum(u8, { modem = 0, pri = 1 })
local image = struct {
  image_type "type",
  bytes(16) "unique_id", -- text and NULs, such as "002.026_000"; older ones: a checksum
  lstring(u8) "build_id",
}

message("get_firmware_preference", {
  id = 0x0047, name = "Get Firmware Preference",
  response = { [0x01] = list(u8, image) "list" },
})

message("set_firmware_preference", {
  id = 0x0048, name = "Set Firmware Preference",
  request = {
    [0x01] = list(u8, image) "list",
    [0x10] = bool(u8) "download_override",
    [0x11] = u8 "modem_storage_index",
  },
  response = { [0x01] = list(u8, image_type) "image_download_list" }, -- what the modem has not got yet
})

message("list_stored_images", {
  id = 0x0049, name = "List Stored Images",
  response = {
    [0x01] = list(u8, struct {
      image_type "type",
      u8 "maximum_images",
      u8 "index_of_running_image", -- 0xff: none
      list(u8, struct {
        u8 "storage_index", -- 0xff: unknown
        u8 "failure_count", -- 0xff: unknown
        bytes(16) "unique_id",
        lstring(u8) "build_id",
      }) "sublist",
    }) "list",
  },
})

message("delete_stored_image", {
  id = 0x004a, name = "Delete Stored Image",
  request  = { [0x01] = image "image_details" },
  response = {},
})

message("get_stored_image_info", {
  id = 0x004c, name = "Get Stored Image Info",
  request = { [0x01] = image "image_details" },
  response = {
    [0x10] = struct { u16 "major_version", u16 "minor_version" } "boot_version",
    [0x11] = struct { u32 "pri_version", chars(32) "pri_info" } "pri_version",
    [0x12] = u32 "oem_lock_id",
  },
})

-- Also called "set boot hold": the modem stays in its boot loader at the next start, for a new firmware.
message("set_firmware_id", {
  id = 0x003e, name = "Set Firmware ID",
  response = {},
})

local download_mode = enum(u8, { normal = 0, ["boot-and-recovery"] = 1 })

message("get_boot_image_download_mode", {
  id = 0x004f, name = "Get Boot Image Download Mode",
  response = { [0x10] = download_mode "mode" },
})

message("set_boot_image_download_mode", {
  id = 0x0050, name = "Set Boot Image Download Mode",
  request  = { [0x01] = download_mode "mode" },
  response = {},
})

return dms_firmware
