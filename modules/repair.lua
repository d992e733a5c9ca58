-- SPDX-License-Identifier: MIT
-- Undoes what runs that were killed have left on the host.

return function()
  require("multipath").repair()
  require("link.journal").repair()
  require("modem.usb").repair()
end
