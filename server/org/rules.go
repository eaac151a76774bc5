package org

import (
	"strings"
	"time"

	"themeday/server/ident"
)

// PathOf returns the path of an organisation below parent; parent is "" for the root.
func PathOf(parent string, id ident.ID) string {
	if parent == "" {
		parent = "/"
	}
	return parent + id.String() + "/"
}

// PathIDs returns the organisations of a path from the root down. Parts that are no ids are left out.
func PathIDs(path string) []ident.ID {
	var ids []ident.ID
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if id, err := ident.Parse(part); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Subtree returns the half-open range of paths that holds path and everything below it: '0' follows '/' in byte order.
func Subtree(path string) (from, before string) {
	return path, strings.TrimSuffix(path, "/") + "0"
}

// needsRenewal reports whether a session is due to be prolonged: once a day is enough, and spares the database.
func needsRenewal(expires, now time.Time) bool {
	return expires.Sub(now) < SessionLife-24*time.Hour
}
