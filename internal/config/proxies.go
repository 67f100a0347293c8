package config

import "net/netip"

// Proxies are the networks of TrustedProxies; an address is a network of one.
func (c Config) Proxies() []netip.Prefix {
	var list []netip.Prefix
	for _, proxy := range c.TrustedProxies {
		if n, err := network(proxy); err == nil { // Validate has refused the others
			list = append(list, n)
		}
	}
	return list
}

func network(proxy string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(proxy); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(proxy)
}
