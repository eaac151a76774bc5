// Package org holds the tree of organisations, the people in it, their roles, and which WeChat identity stands for whom.
package org

import (
	"time"

	"themeday/server/authz"
	"themeday/server/ident"
)

// Kind is the level of an organisation.
type Kind string

// The kinds, from the top down. A group is part of a branch.
const (
	District      Kind = "district"       // 区委
	Committee     Kind = "committee"      // 党委、党工委
	GeneralBranch Kind = "general_branch" // 党总支
	Branch        Kind = "branch"         // 党支部
	Group         Kind = "group"          // 党小组
)

// Org is one organisation of the tree.
type Org struct {
	ID       ident.ID
	ParentID ident.ID // 0 for the root
	Kind     Kind
	Name     string
	Path     string // "/id/id/…/" from the root to this one
	ThemeDay int    // day of the month, 1–28
	ClosedAt int64  // when it was closed, in unix milliseconds; 0 while it works
}

// Standing says how a member takes part.
type Standing string

// The standings.
const (
	Normal      Standing = "normal"       // 正常
	FlowOut     Standing = "flow_out"     // 流出
	FlowIn      Standing = "flow_in"      // 流入
	LongIllness Standing = "long_illness" // 长期病休
	Suspended   Standing = "suspended"    // 停止党籍
)

// Member is one person of the roster.
type Member struct {
	ID       ident.ID
	OrgID    ident.ID
	OrgName  string
	OrgPath  string
	Name     string
	Initials string // of the name in pinyin, lower case, to search by: "zgf"
	Kind     string // full or probationary
	Standing Standing
	Phone    SealedPhone
	Since    string // when the person joined the Party: 1989-06-20, 1989-06 or 1989; "" when it is not known
	Bound    bool   // a WeChat identity stands for this person
	Left     bool   // no longer on the roster
	Revision int64  // of the row; another one when it has been changed
}

// MemberKindFull and MemberKindProbationary are the kinds of members.
const (
	MemberKindFull         = "full"         // 正式党员
	MemberKindProbationary = "probationary" // 预备党员
)

// User is a WeChat identity.
type User struct {
	ID        ident.ID
	OpenID    string
	UnionID   string   // the same at all accounts of the owner; empty unless they are bound to an open-platform account
	MemberID  ident.ID // 0 for a resident
	CreatedAt time.Time
}

// Role is a role held on an organisation, as shown.
type Role struct {
	Role    authz.Role
	OrgID   ident.ID
	OrgName string
}

// SessionLife is how long a session lasts after its last use.
const SessionLife = 30 * 24 * time.Hour
