package site

// Normal and Check are what Create and Update do to an input before they look at the tree.
func (d Draftable) Normal() Draftable { return d.normal() }

// Check is the table of rules for the fields.
func (d Draftable) Check() error { return d.check() }
