package web

import "themeday/server/ident"

// IDParam is an id in a path or a query. It is a struct because the library reads every parameter whose kind is a number
// as a decimal number, whatever the type says about its text.
type IDParam struct{ ident.ID }
