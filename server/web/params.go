package web

import (
	"themeday/server/fault"
	"themeday/server/ident"
)

// ErrCursor refuses an after that no list has given as its next.
var ErrCursor = fault.Invalid("bad_cursor", "翻页位置无效，请从头刷新")

// IDParam is an id in a path or a query. It is a struct because the library reads every parameter whose kind is a number
// as a decimal number, whatever the type says about its text.
type IDParam struct{ ident.ID }
