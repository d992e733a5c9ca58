-- SPDX-License-Identifier: MIT
-- The MBIM services that have a name here: services[name] is the UUID and services[uuid] the name.

---@type table<string, string>
return require "base.names" {
  -- USB-IF, MBIM 1.0
  ["basic-connect"]               = "a289cc33-bcbb-8b4f-b6b0-133ec2aae6df",
  ["sms"]                         = "533fbeeb-14fe-4467-9f90-33a223e56c3f",
  ["ussd"]                        = "e550a0c8-5e82-479e-82f7-10abf4c3351f",
  ["phonebook"]                   = "4bf38476-1e6a-41db-b1d8-bed289c25bdb",
  ["stk"]                         = "d8f20131-fcb5-4e17-8602-d6ed3816164c",
  ["auth"]                        = "1d2b5ff7-0aa1-48b2-aa52-50f15767174e",
  ["dss"]                         = "c08a26dd-7718-4382-8482-6e0d583c4d0e",
  -- Microsoft
  ["ms-basic-connect-extensions"] = "3d01dcc5-fef5-4d05-0d3a-bef7058e9aaf",
  ["ms-uicc-low-level-access"]    = "c2f6588e-f037-4bc9-8665-f4d44bd09367",
  ["ms-firmware-id"]              = "e9f7dea2-feaf-4009-93ce-90a3694103b6",
  ["ms-host-shutdown"]            = "883b7c26-985f-43fa-9804-27d7fb80959c",
  ["ms-sar"]                      = "68223d04-9f6c-4e0f-822d-28441fb72340",
  ["ms-voice-extensions"]         = "8d8b9eba-37be-449b-8f1e-61cb034a702e",
  -- makers of chips and devices; those of modems: makers/
  ["ext-qmux"]                    = "d1a30bc2-f97a-6e43-bf65-c7e24fb0f0d3", -- QMI inside MBIM
  ["qdu"]                         = "6427015f-579d-48f5-8c54-f43ed1e76f83",
  ["atds"]                        = "5967bdcc-7fd2-49a2-9f5c-b2e70e527db3",
  ["google"]                      = "3e1e92cf-c53d-4f14-85d0-a86ad9e12245",
  -- spoken by mbim-proxy, never by a modem
  ["proxy-control"]               = "838cf7fb-8d0d-4d7f-871e-d71dbefbb39b",
}
