-- SPDX-License-Identifier: MIT
-- The QMI services that have a name here: services[name] is the number and services[number] the name.

---@type table<string|integer, integer|string>
return require "base.names" {
  ctl = 0x00,   -- control: client ids, versions, sync
  wds = 0x01,   -- wireless data: connections, profiles
  dms = 0x02,   -- device management: identity, operating mode
  nas = 0x03,   -- network access: registration, signal, selection
  qos = 0x04,
  wms = 0x05,   -- wireless messaging: SMS
  pds = 0x06,   -- position determination, the older one
  auth = 0x07,
  at = 0x08,
  voice = 0x09,
  cat2 = 0x0a,  -- card application toolkit
  uim = 0x0b,   -- user identity module: the card
  pbm = 0x0c,   -- phone book
  qchat = 0x0d,
  rmtfs = 0x0e,
  test = 0x0f,
  loc = 0x10,   -- location
  sar = 0x11,
  ims = 0x12,
  adc = 0x13,
  csd = 0x14,
  mfs = 0x15,
  time = 0x16,
  ts = 0x17,
  tmd = 0x18,
  sap = 0x19,
  wda = 0x1a,   -- wireless data administration: the data format
  tsync = 0x1b,
  rfsa = 0x1c,
  csvt = 0x1d,
  qcmap = 0x1e,
  imsp = 0x1f,
  imsvt = 0x20,
  imsa = 0x21,
  coex = 0x22,
  pdc = 0x24,   -- persistent device configuration
  stx = 0x26,
  bit = 0x27,
  imsrtp = 0x28,
  rfrpe = 0x29,
  dsd = 0x2a,   -- data system determination
  ssctl = 0x2b,
  dpm = 0x2f,   -- data port mapper
  ["uim-rmt"] = 0x32,
  ["uim-http"] = 0x47,
  cat = 0xe0,
  rms = 0xe1,
  oma = 0xe2,
  fox = 0xe3,
  fota = 0xe6,
  gms = 0xe7,
  gas = 0xe8,
  atr = 0xed,
  -- Numbers for which QMUX has no room: only QRTR carries these.
  ssc = 0x190,  -- sensors
  imsdcm = 0x302,
}
