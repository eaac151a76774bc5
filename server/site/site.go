// Package site holds the places where branches study — red-education sites and remote-education stations — with the
// plate that hangs there and the visits that are made outside of events.
package site

import (
	"time"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
)

// Kind is what sort of place it is.
type Kind string

// The kinds.
const (
	RedEducation Kind = "red_education" // 红色教育基地、现场教学点
	Station      Kind = "station"       // 远程教育站点
)

// Position is a point on the map in GCJ-02, the coordinates of Chinese maps.
type Position struct {
	Lat float64 `json:"lat" minimum:"-90" maximum:"90" doc:"Degrees north, GCJ-02"`
	Lng float64 `json:"lng" minimum:"-180" maximum:"180" doc:"Degrees east, GCJ-02"`
}

// DefaultRadius is how many metres around a position count as there when nothing else is said.
const DefaultRadius = 300

// Site is one place.
type Site struct {
	ID           ident.ID
	Kind         Kind
	Name         string
	Address      string
	Position     *Position // nil when nobody has put it on the map
	Radius       int       // metres; 0 is DefaultRadius
	Org          org.Org   // who looks after it
	Keepers      []ident.ID
	Introduction string
	Opening      string    // when it is open, in words
	ClosedAt     time.Time // zero while it is open
	Plate        Plate
	CreatedAt    time.Time
	Revision     int
}

// Plate is the secret side of the plate that hangs at a site.
type Plate struct {
	Key        []byte    // never leaves the server
	Generation int       // from 1; a renewal makes all earlier plates worthless
	Since      time.Time // when this generation was made
}

// Open reports whether the site is in use.
func (s Site) Open() bool { return s.ClosedAt.IsZero() }

// Object returns the site as authz sees it.
func (s Site) Object() authz.Object { return authz.Object{Host: s.Org.Path, Keepers: s.Keepers} }
