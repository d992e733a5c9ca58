'use strict';
'require rpc';
'require form';
'require network';

// SPDX-License-Identifier: MIT
// The protocol `moontower` in OpenWrt's web interface: its name, its errors in words, and the fields of an interface.

// The names of control ports in /dev.
const listDevices = rpc.declare({
	object: 'file',
	method: 'list',
	params: [ 'path' ],
	expect: { entries: [] },
	filter: (entries, params) => entries
		.filter((entry) => /^(cdc-wdm|wwan\d+(mbim|qmi))\d/.test(entry.name))
		.map((entry) => params.path + entry.name)
		.sort()
});

const errors = {
	NO_DEVICE: _('The modem is not there, or does not answer'),
	PIN_FAILED: _('The SIM asks for its PIN: it is missing, or was rejected. It is not sent again'),
	PUK_NEEDED: _('The SIM is blocked and asks for its PUK: enter it in a phone'),
	SIM_NOT_INITIALIZED: _('The SIM is missing, or does not work'),
	NETWORK_REGISTRATION_FAILED: _('No network takes this SIM'),
	CALL_FAILED: _('The connection was refused, or has failed'),
	INVALID_OPTION: _('An option of this interface is wrong; the system log says which')
};

for (const code in errors)
	network.registerErrorCode(code, errors[code]);

network.registerPatternVirtual(/^moontower-.+$/);

return network.registerProtocol('moontower', {
	getI18n() {
		return _('4G/5G modem (moontower)');
	},

	getIfname() {
		return this._ubus('l3_device') || 'moontower-%s'.format(this.sid);
	},

	getPackageName() {
		return 'moontower';
	},

	// As releases before 24.10 call it.
	getOpkgPackage() {
		return 'moontower';
	},

	isFloating() {
		return true;
	},

	isVirtual() {
		return true;
	},

	getDevices() {
		return null;
	},

	containsDevice(ifname) {
		return network.getIfnameOf(ifname) == this.getIfname();
	},

	renderFormOptions(s) {
		let o;

		o = s.taboption('general', form.Value, '_modem_device', _('Modem'),
			_('Its control port, its network interface, or its USB path. Empty: the only one.'));
		o.ucioption = 'device';
		o.load = function(section_id) {
			return L.resolveDefault(listDevices('/dev/'), []).then((devices) => {
				devices.forEach((device) => this.value(device));
				return form.Value.prototype.load.call(this, section_id);
			});
		};

		o = s.taboption('general', form.Value, 'apn', _('APN'), _('Empty: the network chooses.'));
		o.validate = (section_id, value) =>
			/^[A-Za-z0-9.-]{0,100}$/.test(value ?? '') || _('At most 100 letters, digits, dots and hyphens');

		o = s.taboption('general', form.Value, 'pincode', _('PIN'),
			_('Entered once, and never again after it has failed.'));
		o.datatype = 'and(uinteger,minlength(4),maxlength(8))';
		o.password = true;

		o = s.taboption('general', form.ListValue, 'auth', _('Authentication'));
		o.value('none', _('None'));
		o.value('pap', 'PAP');
		o.value('chap', 'CHAP');
		o.default = 'none';

		o = s.taboption('general', form.Value, 'username', _('User'));
		o.depends('auth', 'pap');
		o.depends('auth', 'chap');

		o = s.taboption('general', form.Value, 'password', _('Password'));
		o.depends('auth', 'pap');
		o.depends('auth', 'chap');
		o.password = true;

		o = s.taboption('general', form.ListValue, 'ip', _('IP version'));
		o.value('ipv4v6', _('IPv4 and IPv6'));
		o.value('ipv4', _('IPv4'));
		o.value('ipv6', _('IPv6'));
		o.default = 'ipv4v6';

		o = s.taboption('general', form.Flag, 'roaming', _('Roaming'), _('Connect in foreign networks, too'));

		o = s.taboption('advanced', form.Value, 'carrier', _('Carrier file'),
			_('A file of /etc/moontower/carriers, instead of the APN.'));
		o = s.taboption('advanced', form.Value, 'policy', _('Policy'), _('What keeps the modem online.'));
		o.placeholder = 'reconnect';

		o = s.taboption('advanced', form.Value, 'mtu', _('MTU'));
		o.datatype = 'range(576, 65535)';

		o = s.taboption('advanced', form.Flag, 'extendprefix', _('Extend the IPv6 prefix'),
			_('Offer the network’s /64 to the LAN (RFC 7278).'));
		o.default = o.enabled;

		o = s.taboption('advanced', form.Flag, 'sourcefilter', _('IPv6 source routing'),
			_('Use the IPv6 default route for addresses of the modem’s prefix only.'));
		o.default = o.enabled;
	}
});
