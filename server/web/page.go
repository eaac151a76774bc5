package web

import (
	"themeday/server/fault"
	"themeday/server/ident"
)

// ErrCursor refuses an after that no list has given as its next.
var ErrCursor = fault.Invalid("bad_cursor", "翻页位置无效，请从头刷新")

// Page is the part of a query that walks through a list.
type Page struct {
	After string `query:"after" maxLength:"80" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// AfterID returns the id that a list in the order of ids goes on behind, 0 for its beginning. It returns bad_cursor.
func (p Page) AfterID() (id ident.ID, err error) {
	if id.UnmarshalText([]byte(p.After)) != nil {
		return 0, ErrCursor
	}
	return id, nil
}

// Cut takes what is too many off a list of which more than limit was read, and says where the next page begins: behind the
// last one that is left. At the end that is the zero value.
func Cut[T, C any](items []T, limit int, place func(T) C) (page []T, next C) {
	if len(items) > limit {
		items = items[:limit]
		next = place(items[limit-1])
	}
	return items, next
}
