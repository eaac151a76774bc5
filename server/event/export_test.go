package event

import "time"

// Normal and Check are what Create and Update do to an input before they look at the tree.
func (d Draftable) Normal() Draftable { return d.normal() }

// Check is the table of rules for the fields.
func (d Draftable) Check(now time.Time) error { return d.check(now) }

// MayStep is the table of the event's life.
func (e Event) MayStep(step Step, now time.Time) error { return e.mayStep(step, now) }
