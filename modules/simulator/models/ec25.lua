-- SPDX-License-Identifier: MIT
-- The personality of a Quectel EC25-E: another maker, with other interfaces and other words. Its chip (MDM9x07) knows
-- one slot, answers Get Slot Status by error 71, as ModemManager's logs of it have it, and its MBIM nothing of
-- Microsoft's that is newer.

return require("simulator.models.personality").join(require "simulator.models.sprint", {
  name = "ec25",
  at = "quectel",

  usb = {
    vendor = 0x2c7c, product = 0x0125, boot_vendor = 0x05c6, boot_product = 0x9008, release = 0x0318,
    manufacturer = "Quectel",
    model = "EC25-E",
    serial = "0000",
    usual_type = 1,
    types = { { name = "Quectel" } },
    numbers = { [0] = "qmi", "ecm", "mbim", "rndis" }, -- of "usbnet"
    offered = { "diag", "nmea", "modem", "rmnet0", "mbim" },
  },
  -- "ppp" is always there.
  interfaces = {
    diag  = { interface = 0, subclass = 0xff, input = 1, output = 1 },
    nmea  = { interface = 1, subclass = 0x00, interrupt = 3, input = 2, output = 2 },
    modem = { interface = 2, subclass = 0x00, interrupt = 5, input = 4, output = 3 },
    ppp   = { interface = 3, subclass = 0x00, interrupt = 9, input = 8, output = 5, always = true },
    qmi   = { interface = 4 },
    mbim  = { interface = 4 },
    ecm   = { interface = 4, notification = 7, input = 6, output = 4, mac = "0250F3000001" },
    rndis = { interface = 4, notification = 7, input = 6, output = 4, mac = "0250F3000001" },
  },

  connects_by = "qnetdevctl", -- as a network card
  -- To the host it is a router with NAT and a DHCP server, in ECM and RNDIS; `lease` in seconds.
  router = {
    address = "192.168.225.42", prefix_length = 24, gateway = "192.168.225.1", dns = { "192.168.225.1" }, mtu = 1500,
    lease = 43200,
  },

  lacks = {
    mbim = {
      "ms-basic-connect-extensions 5", "ms-basic-connect-extensions 6", "ms-basic-connect-extensions 7",
      "ms-basic-connect-extensions 8", "ms-basic-connect-extensions 11", "ms-basic-connect-extensions 12",
      "ms-uicc-low-level-access",
    },
    -- Switch Slot, Get Slot Status
    qmi = { "uim 0x46 invalid-qmi-command", "uim 0x47 invalid-qmi-command" },
  },
  aggregations = { "qmap" },

  max_sessions = 8,
  max_control = 4096,
  latency = 0.005,
  search_time = 0.2,
  boot_time = 1,
  subscriber_first = true,
  idle_pin = { type = "pin2", state = "locked", remaining_attempts = 3 },
  factory = { protocol = "qmi", apn = "broadband", pdp_type = "ipv4" },

  imei = "861075040000017",
  firmware = "EC25EFAR06A06M4G",
  hardware = "EC25",
  sku = "EC25EFA-512-STD",
  image = { pri = "", carrier = "", version = "EC25EFAR06A06M4G" },
  configurations = {
    { name = "ROW_Generic_3GPP", version = "0501081F" },
    { name = "Sprint-VoLTE", version = "05010205", plmn = "310120" },
    { name = "Commercial-TMO_VoLTE", version = "05010505" },
  },
  data_classes = { "gprs", "edge", "umts", "hsdpa", "hsupa", "lte" },
  modes = { "gsm", "umts", "lte" },

  -- Of what Sprint has, only band 41 is for it.
  cell = {
    id = 0x0a3b2c11, tac = 0x2f01, pci = 301, band = 41, earfcn = 40072, bandwidth = 20,
    rsrp = -98, rsrq = -10, snr = 124,
    neighbour = { id = 0x0a3b2d11, pci = 87, rsrp = -106, rsrq = -14 },
    secondary = { pci = 301, band = 41, earfcn = 40270, bandwidth = 20 },
  },
  lte_bands = { 1, 3, 5, 7, 8, 20, 38, 40, 41 },
  umts_bands = { "wcdma-2100", "wcdma-850-us", "wcdma-900" },
  uplink_speed = 50000000,
  downlink_speed = 150000000,
})
