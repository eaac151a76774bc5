package origin_test

import (
	"testing"

	"themeday/server/origin"
)

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.77":           "203.0.113.0/24",
		"::ffff:203.0.113.77":    "203.0.113.0/24",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1::/48",
		"fe80::1%eth0":           "fe80::/48",
		"":                       "",
		"203.0.113.77:8080":      "",
		"somewhere.example":      "",
		"203.0.113.77, 10.0.0.1": "",
	} {
		if got := origin.Network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestOrigin(t *testing.T) {
	if got := origin.From(t.Context()); got != (origin.Origin{}) {
		t.Errorf("outside of a request: %+v", got)
	}
	o := &origin.Origin{RequestID: "r"}
	ctx := origin.With(t.Context(), o)
	o.UserID = 7 // found out after the context was made
	if got := origin.From(ctx); got.RequestID != "r" || got.UserID != 7 {
		t.Errorf("got %+v", got)
	}
}
