-- SPDX-License-Identifier: MIT
-- Which link `moontower explain` calls broken first where a simulated modem does not get online, and that it calls none
-- so where one does.

local situations = require "support.situations"

local T = {}

function T.test_what_is_wrong_with_card_and_radio() situations.check(require "situations.card") end
function T.test_what_is_wrong_with_the_network() situations.check(require "situations.network") end
function T.test_what_is_wrong_with_the_connection() situations.check(require "situations.connection") end
function T.test_nothing_is_wrong() situations.check(require "situations.healthy_network") end

return T
