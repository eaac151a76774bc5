// Package origin says on whose behalf, and from where, a piece of work is done. Whoever starts the work puts it into the
// context; whoever keeps a record of what was done reads it there, without the layers between knowing of it.
package origin

import (
	"context"
	"net/netip"

	"themeday/server/ident"
)

// Origin is where a piece of work comes from. The zero Origin is the server itself: a job, a command.
type Origin struct {
	RequestID string   // names the request in the log; "" outside of one
	Address   string   // of the network the request came from, see Network
	UserID    ident.ID // the WeChat identity that asked; 0 without a session
	MemberID  ident.ID // the member it stands for; 0 for none
}

type key struct{}

// With returns a context whose work comes from o. What is written to o later is seen by From.
func With(ctx context.Context, o *Origin) context.Context { return context.WithValue(ctx, key{}, o) }

// From returns where the work of this context comes from.
func From(ctx context.Context) Origin {
	if o, ok := ctx.Value(key{}).(*Origin); ok {
		return *o
	}
	return Origin{}
}

// How much of an address is kept: enough to tell a village from a city, not enough to tell a phone.
const (
	networkBits4 = 24
	networkBits6 = 48
)

// Network returns the network of an address, as 203.0.113.0/24 or 2001:db8:1::/48, and "" for what is no address.
func Network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	parsed = parsed.Unmap().WithZone("")
	bits := networkBits6
	if parsed.Is4() {
		bits = networkBits4
	}
	network, err := parsed.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}
